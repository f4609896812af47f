#include <cmath>
#include <sstream>

#include "compare.h"
#include "layout.h"
#include "operations.h"
#include "types.h"

namespace cases {
namespace {

bool same_bits(double a, double b) {
  return (a == b && std::signbit(a) == std::signbit(b)) || (std::isnan(a) && std::isnan(b));
}

/// The number that the text of an invariant ends with.
double bound_of(const std::string& invariant) {
  const std::size_t last = invariant.find_last_of(' ');
  return std::stod(invariant.substr(last == std::string::npos ? 0 : last));
}

bool agree(const Array& a, const Array& b, const std::string& invariant) {
  if (a.data.size() != b.data.size()) return false;
  const bool bits = invariant.find("bitwise") != std::string::npos;
  const double e = bits ? 0 : bound_of(invariant);
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    const double u = a.data[i], v = b.data[i];
    const bool near = u == v || std::fabs(u - v) <= e * std::fabs(v);
    if (!same_bits(u, v) && (bits || !near)) return false;
  }
  return true;
}

/// Every row of a gradient sums to 0 within the number at the end of `invariant`.
bool rows_sum_to_zero(const Case& c, const Outcome& outcome, const std::string& invariant) {
  const double bound = bound_of(invariant);
  const Array& gradient = outcome.at("");
  const Layout layout(gradient.shape, static_cast<long>(c.real("axis", -1)));
  const std::vector<double> values = layout.arranged(gradient.data);
  const auto view = layout.view(values.data());
  for (std::size_t i = 0; i < layout.rows(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < layout.classes(); ++j) sum += view(i, j);
    if (!(std::fabs(sum) <= bound)) return false;
  }
  return true;
}

Json nested(const Array& a, std::size_t depth, std::size_t& at, bool integers) {
  if (depth == a.shape.size()) {
    const double v = a.data[at++];
    return integers ? Json(static_cast<std::int64_t>(v)) : Json(v);
  }
  Json out = Json::array();
  for (std::size_t i = 0; i < a.shape[depth]; ++i)
    out.push_back(nested(a, depth + 1, at, integers));
  return out;
}

/// Constant arrays (x_fill, y_fill) written out as lists.
Case written_out(Case c) {
  for (const std::string name : {"x", "y"}) {
    if (!c.inputs.contains(name + "_fill")) continue;
    std::size_t at = 0;
    c.inputs[name] = nested(c.input(name), 0, at, name == "y");
    c.inputs.erase(name + "_fill");
  }
  return c;
}

/// Adds `offset` to every number of a nested list.
Json shifted(const Json& x, double offset) {
  if (!x.is_array()) return number(x) + offset;
  Json out = Json::array();
  for (const Json& element : x) out.push_back(shifted(element, offset));
  return out;
}

/// Labels as one-hot lists. -1 everywhere (an ignored row) is a row of zeros.
Json one_hot(const Json& y, std::size_t classes) {
  Json out = Json::array();
  if (y.is_array()) {
    for (const Json& element : y) out.push_back(one_hot(element, classes));
  } else {
    for (std::size_t k = 0; k < classes; ++k)
      out.push_back(y.get<std::int64_t>() == static_cast<std::int64_t>(k) ? 1 : 0);
  }
  return out;
}

/// Ignored labels have no one-hot form: their rows are masked instead.
void mask_ignored(Case& c) {
  if (!c.has("ignore_index")) return;
  const auto ignore = c.params.at("ignore_index").get<std::int64_t>();
  const std::vector<std::int64_t> labels = integers_of(c.inputs.at("y"));
  const std::vector<double> given = c.reals("row_mask");
  Json mask = Json::array();
  for (std::size_t i = 0; i < labels.size(); ++i)
    mask.push_back(labels[i] != ignore && (given.empty() || given[i] != 0) ? 1 : 0);
  c.params["row_mask"] = mask;
  c.params.erase("ignore_index");
}

Case in_target_form(Case c, const std::string& form) {
  if (form == "index") return c;
  if (form != "onehot" && form != "soft") throw Skip("target_form " + form);
  const Array x = c.input("x");
  if (c.real("axis", -1) != -1 &&
      static_cast<std::size_t>(c.real("axis", -1)) + 1 != x.shape.size())
    throw Skip("target_form along an axis that is not the last");
  mask_ignored(c);
  c.inputs["t"] = one_hot(c.inputs.at("y"), x.shape.back());
  c.inputs.erase("y");
  c.op = c.op.substr(0, 10) + "_soft" + c.op.substr(10);  // softmax_ce, softmax_ce_grad
  return c;
}

/// Two logits a row as one logit z_1 - z_0 against t = y.
Case in_binary_form(Case c, const std::string& form) {
  if (form == "softmax2") return c;
  if (form != "sigmoid") throw Skip("binary_form " + form);
  const Array x = c.input("x");
  Json logit = Json::array();
  for (std::size_t i = 0; i + 1 < x.data.size(); i += 2) logit.push_back(x.data[i + 1] - x.data[i]);
  c.inputs["x"] = logit;
  c.inputs["t"] = c.inputs.at("y");
  c.inputs.erase("y");
  c.op = "bce_logits" + c.op.substr(10);  // softmax_ce, softmax_ce_grad
  return c;
}

/// Rows [begin, end) of every input and parameter that has one entry a row.
Case rows_of(Case c, std::size_t rows, std::size_t begin, std::size_t end) {
  const auto cut = [&](Json& list) {
    if (list.is_array() && list.size() == rows)
      list = Json(std::vector<Json>(list.begin() + static_cast<std::ptrdiff_t>(begin),
                                    list.begin() + static_cast<std::ptrdiff_t>(end)));
  };
  for (const char* name : {"x", "y", "t", "p", "logp"})
    if (c.inputs.contains(name)) cut(c.inputs[name]);
  for (const char* name : {"sample_weight", "row_mask", "weight"})
    if (c.params.contains(name)) cut(c.params[name]);
  return c;
}

/// The results of single rows (gradients: of their sum), computed `chunk` rows at a time.
Outcome in_chunks(Case c, std::size_t chunk) {
  const bool gradient = c.op.find("grad") != std::string::npos;
  c.params["reduction"] = gradient ? "sum" : "none";
  const char* name = c.inputs.contains("x") ? "x" : c.inputs.contains("p") ? "p" : "logp";
  const std::size_t rows = c.inputs.at(name).size();
  Array all;
  for (std::size_t begin = 0; begin < rows; begin += chunk) {
    const Case part = rows_of(c, rows, begin, std::min(rows, begin + chunk));
    const Outcome outcome = compute(part);
    const Array& array = outcome.at("");
    all.data.insert(all.data.end(), array.data.begin(), array.data.end());
  }
  return unnamed(all);
}

Outcome vary(Case c, const std::string& what, const Json& value) {
  if (what == "threads") {
    c.params["threads"] = value;
    return compute(c);
  }
  if (what == "row_offset") {
    c.inputs["x"] = shifted(c.inputs.at("x"), number(value));
    return compute(c);
  }
  if (what == "target_form") return compute(in_target_form(c, value.get<std::string>()));
  if (what == "binary_form") {
    const std::string form = value.get<std::string>();
    Outcome outcome = compute(in_binary_form(c, form));
    Array& values = outcome.at("");
    const bool pairs = form == "softmax2" && c.op.find("grad") != std::string::npos;
    for (std::size_t i = 0; pairs && i < values.data.size() / 2; ++i)
      values.data[i] = values.data[2 * i + 1];  // of z_1, the logit's
    if (pairs) values.data.resize(values.data.size() / 2);
    return outcome;
  }
  if (what == "chunk_rows") {
    const auto chunk = value.is_number() ? value.get<std::size_t>() : 0;
    return in_chunks(c, chunk ? chunk : std::numeric_limits<std::int32_t>::max());
  }
  if (what == "none") return compute(c);
  throw Skip("vary " + what);
}

/// The case once for every entry of a parameter that lists alternatives (weights, smoothing).
std::vector<Case> alternatives(const Case& c) {
  std::vector<Case> out{c};
  for (const char* name : {"class_weight", "sample_weight", "label_smoothing", "reduction",
                           "mean_divisor", "smoothing_weights"}) {
    if (!c.has(name) || !c.params.at(name).is_array()) continue;
    const Json& list = c.params.at(name);
    const bool of_lists =
        std::string(name).find("_weight") != std::string::npos && list.front().is_number();
    if (list.empty() || of_lists) continue;
    std::vector<Case> next;
    for (const Case& one : out)
      for (const Json& choice : list) {
        next.push_back(one);
        next.back().params[name] = choice;
      }
    out = next;
  }
  return out;
}

}  // namespace

bool holds(const Case& c, const std::string& invariant, std::string& seen) {
  Case base = written_out(c);
  base.op = c.text("op", "softmax_ce");
  const std::string what = c.text("vary", "none");
  const Json values = c.has("values") ? c.params.at("values") : Json::array({nullptr});
  for (const Case& one : alternatives(base)) {
    std::optional<Outcome> first;
    for (const Json& value : values) {
      const Outcome outcome = vary(one, what, value);
      if (!first) first = outcome;
      seen = value.dump() + ": " + shown({outcome, ""}) + " first " + shown({first, ""});
      const bool good = invariant.find("sum") != std::string::npos
                            ? rows_sum_to_zero(one, outcome, invariant)
                            : agree(outcome.at(""), first->at(""), invariant);
      if (!good) return false;
    }
  }
  return true;
}

}  // namespace cases
