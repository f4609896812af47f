// The object that `crossent eval --json` prints, and the checks on its numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cli/errors.h"
#include "cli/eval.h"
#include "cli/scalars.h"
#include "cli/suggest.h"
#include "crossent/entropy.h"
#include "crossent/explain.h"

namespace crossent::cli {
namespace {

// Top-level numbers, the ones that --fail-if may ask for.
constexpr const char* kKeys[] = {"rows",
                                 "ignored_rows",
                                 "classes",
                                 "loss",
                                 "loss_bits",
                                 "perplexity",
                                 "se",
                                 "infinite_rows",
                                 "loss_finite",
                                 "se_finite",
                                 "accuracy",
                                 "top_k_accuracy",
                                 "baseline_uniform",
                                 "baseline_prior",
                                 "skill",
                                 "brier",
                                 "ece",
                                 "groups",
                                 "design_effect",
                                 "effective_rows",
                                 "like.loss"};

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

Json calibration_json(const std::vector<CalibrationBin>& bins) {
  Json list = Json::array();
  for (const CalibrationBin& b : bins) {
    Json bin;
    bin["lo"] = b.lo;
    bin["hi"] = b.hi;
    bin["rows"] = b.rows;
    put(bin, "confidence", b.confidence);
    put(bin, "accuracy", b.accuracy);
    list.push_back(std::move(bin));
  }
  return list;
}

Json class_json(const Classes& classes, std::int64_t k, const ClassSummary& c) {
  Json out;
  out["class"] = classes.json(k);
  out["rows"] = c.rows;
  out["predicted_rows"] = c.predicted_rows;
  put(out, "loss", c.loss_nats);
  out["infinite_rows"] = c.infinite_rows;
  put(out, "loss_finite", c.loss_finite_nats);
  put(out, "se_finite", c.se_nats);
  put(out, "accuracy", c.accuracy);
  put(out, "share", c.loss_share);
  out["confused_with"] = c.confused_with < 0 ? Json() : classes.json(c.confused_with);
  out["confused_rows"] = c.confused_rows;
  return out;
}

Json row_json(const Evaluation& e, const RowRecord& r) {
  Json out;
  out["row"] = r.row;
  if (!e.layout.id.empty()) out["id"] = r.id;
  put(out, "loss", r.loss_nats);
  put(out, "p_true", r.p_true);
  out["label"] = e.layout.classes.json(r.label);
  out["predicted"] = e.layout.classes.json(r.predicted);
  out["file"] = e.sources[static_cast<std::size_t>(r.source)];
  if (r.line > 0) out["line"] = r.line;
  return out;
}

void put_loss(Json& object, const Summary& s) {
  put(object, "loss", s.loss_nats);
  put(object, "loss_bits", s.loss_nats / std::numbers::ln2);
  put(object, "perplexity", perplexity(s.loss_nats));
  put(object, "se", s.se_nats);
  const Interval nats = loss_interval(s.loss_nats, s.se_nats);
  const double interval[] = {nats.low, nats.high};
  put(object, "ci95", interval);
  const double powers[] = {perplexity(nats.low), perplexity(nats.high)};
  put(object, "perplexity_ci95", powers);
  object["infinite_rows"] = s.infinite_rows;
  put(object, "loss_finite", s.loss_finite_nats);
  put(object, "se_finite", s.se_finite_nats);
}

void put_groups(Json& object, const StatisticsOptions&, const Evaluation& e) {
  const Summary& s = e.summary;
  if (!e.layout.weight.empty()) {
    put(object, "weight", s.weight);
    put(object, "effective_rows", s.effective_rows);
  }
  if (e.layout.group.empty()) return;
  object["groups"] = s.groups;
  put(object, "design_effect", s.design_effect);
}

// What was read, and what was inferred on the way.
Json inputs_json(const Evaluation& e) {
  const Layout& l = e.layout;
  Json out;
  out["files"] = e.sources;
  out["label"] = l.label;
  const char* kind = l.kind == Kind::probabilities ? "probs"
                     : l.kind == Kind::logits      ? "logits"
                                                   : "log-probs";
  out["kind"] = kind;
  if (!l.values.empty()) out[kind] = l.values;  // an array has no names
  const auto name = [](const std::string& s) { return s.empty() ? Json() : Json(s); };
  out["weight"] = name(l.weight);
  out["id"] = name(l.id);
  out["group"] = name(l.group);
  return out;
}

}  // namespace

std::string like_note(const EvalSettings& settings, const Evaluation& e) {
  return like_rule(settings.statistics.like, e.single, e.layout.binary) +
         (settings.statistics.normalize ? "; rows with a value above 1 are divided for it" : "");
}

Json eval_json(const EvalSettings& settings, const Evaluation& e,
               const std::vector<std::string>& warnings) {
  const Summary& s = e.summary;
  Json object = json_head("eval");
  object["inputs"] = inputs_json(e);
  object["rows"] = s.rows;
  object["ignored_rows"] = s.ignored;
  object["classes"] = s.classes;
  put_loss(object, s);
  put_groups(object, settings.statistics, e);
  put(object, "accuracy", s.accuracy);
  if (settings.statistics.top_k > 0) {
    object["top_k"] = settings.statistics.top_k;
    put(object, "top_k_accuracy", s.top_k_accuracy);
  }
  put(object, "baseline_uniform", s.baseline_uniform_nats);
  put(object, "baseline_prior", s.baseline_prior_nats);
  put(object, "skill", s.skill);
  put(object, "brier", s.brier);
  put(object, "ece", s.ece);
  object["calibration"] = calibration_json(s.calibration);
  object["per_class"] = Json::array();
  for (std::size_t k = 0; k < s.per_class.size(); ++k)
    object["per_class"].push_back(
        class_json(e.layout.classes, static_cast<std::int64_t>(k), s.per_class[k]));
  object["worst"] = Json::array();
  for (const RowRecord& r : s.worst) object["worst"].push_back(row_json(e, r));
  if (settings.statistics.like != Like::none) {
    Json like;
    like["tool"] = settings.like_name;
    put(like, "loss", s.like_loss_nats);
    like["rule"] = like_note(settings, e);
    object["like"] = std::move(like);
  }
  object["warnings"] = warnings;
  return object;
}

std::string check_keys() {
  std::string all;
  for (const char* key : kKeys) all += (all.empty() ? "" : ", ") + std::string(key);
  return all;
}

Check parse_check(const std::string& text) {
  Check check;
  check.text = text;
  const std::size_t at = text.find_first_of("<>");
  const auto refuse_form = [&] {
    throw UsageError(
        "--fail-if '" + text + "' is not KEY OP NUMBER",
        "as in --fail-if 'loss > 0.5'; OP is <, <=, > or >=", {"--fail-if", text, 0, text.size()});
  };
  if (at == std::string::npos) refuse_form();
  const std::size_t end = at + (text.substr(at + 1, 1) == "=" ? 2 : 1);
  check.key = trimmed(std::string_view(text).substr(0, at));
  check.op = text.substr(at, end - at);
  const auto number = parse_real(trimmed(std::string_view(text).substr(end)));
  if (!number || std::isnan(*number)) refuse_form();
  check.number = *number;
  const std::vector<std::string> keys(std::begin(kKeys), std::end(kKeys));
  if (std::find(keys.begin(), keys.end(), check.key) != keys.end()) return check;
  std::string hint = did_you_mean(check.key, keys);
  if (hint.empty()) hint = "keys: " + check_keys();
  throw UsageError("--fail-if: there is no number \"" + check.key + "\"", hint,
                   {"--fail-if", text, text.find(check.key), check.key.size()});
}

std::vector<std::string> failed_checks(const std::vector<Check>& checks, const Json& object) {
  std::vector<std::string> failed;
  for (const Check& check : checks) {
    const std::size_t dot = check.key.find('.');
    const Json* at = &object;
    for (const std::string& part :
         dot == std::string::npos
             ? std::vector<std::string>{check.key}
             : std::vector<std::string>{check.key.substr(0, dot), check.key.substr(dot + 1)}) {
      at = at->contains(part) ? &(*at)[part] : nullptr;
      if (!at) break;
    }
    if (!at || !at->is_number()) {
      failed.push_back(fmt::format("check failed: {} has no finite value (--fail-if '{}')",
                                   check.key, check.text));
      continue;
    }
    const auto value = at->get<double>();
    const bool holds = check.op == "<"    ? value < check.number
                       : check.op == "<=" ? value <= check.number
                       : check.op == ">"  ? value > check.number
                                          : value >= check.number;
    if (holds)
      failed.push_back(
          fmt::format("check failed: {} = {} {} {}", check.key, value, check.op, check.number));
  }
  return failed;
}

}  // namespace crossent::cli
