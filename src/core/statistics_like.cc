#include <algorithm>
#include <limits>

#include "core/statistics_rows.h"
#include "kernels/math.h"

namespace crossent {
namespace {

template <class F>
double minus_log(F p) {
  return -static_cast<double>(static_cast<F>(kernels::log(double{p})));
}

template <class F>
F clipped(F p, F low) {
  return std::clamp(p, low, F{1} - low);
}

// One-column input: `p` of the second class, whose complement the tools form in their own type.
template <class F>
double clipped_binary(F p, F low, bool clip_first, std::int64_t label) {
  if (clip_first) p = clipped(p, low);
  const F truth = label == 1 ? p : F{1} - p;
  return minus_log(clip_first ? truth : clipped(truth, low));
}

template <class F>
double like_in(Like tool, bool binary, F p, F sum, std::int64_t label) {
  constexpr F eps = std::numeric_limits<F>::epsilon();
  const F truth = !binary || label == 1 ? p : F{1} - p;
  switch (tool) {
    case Like::sklearn:
    case Like::yardstick:
      return binary ? clipped_binary<F>(p, eps, false, label) : minus_log(clipped(p, eps));
    case Like::kaggle:
      return binary ? clipped_binary<F>(p, F(1e-15), false, label)
                    : minus_log(clipped(p / sum, F(1e-15)));
    case Like::xgboost:
    case Like::lightgbm: {
      const F low = tool == Like::xgboost ? F(1e-16f) : F(1e-15f);
      return minus_log(std::max(truth, low));
    }
    case Like::torch:
      return binary ? std::min(minus_log(truth), 100.0) : minus_log(p);
    case Like::keras:
      return binary ? clipped_binary<F>(p, F(1e-7), true, label)
                    : minus_log(clipped(p / sum, F(1e-7)));
    case Like::none:
      break;
  }
  return 0;
}

}  // namespace

double like_loss(Like tool, bool single, bool binary, double p, double sum, std::int64_t label) {
  if (tool == Like::none) return 0;
  const bool f32 = tool == Like::xgboost || tool == Like::keras ||
                   (single && (tool == Like::sklearn || tool == Like::torch));
  // -0.0 (a probability of 1) becomes 0.
  return 0.0 +
         (f32 ? like_in<float>(tool, binary, static_cast<float>(p), static_cast<float>(sum), label)
              : like_in<double>(tool, binary, p, sum, label));
}

std::string like_rule(Like tool, bool single, bool binary) {
  switch (tool) {
    case Like::sklearn:
      return single ? "probabilities clipped to [2^-23, 1 - 2^-23] (f32), rows not renormalised"
                    : "probabilities clipped to [2^-52, 1 - 2^-52] (f64), rows not renormalised";
    case Like::kaggle:
      return "rows divided by their sum, then clipped to [1e-15, 1 - 1e-15]";
    case Like::xgboost:
      return "probability of the truth at least 1e-16, in f32";
    case Like::lightgbm:
      return "probability of the truth at least 1e-15";
    case Like::yardstick:
      return "probabilities clipped to [2^-52, 1 - 2^-52]";
    case Like::torch:
      return binary ? "binary_cross_entropy: log clamped at -100" : "nll_loss: nothing is clipped";
    case Like::keras:
      return binary ? "probabilities clipped to [1e-7, 1 - 1e-7], in f32"
                    : "rows divided by their sum, then clipped to [1e-7, 1 - 1e-7], in f32";
    case Like::none:
      break;
  }
  return {};
}

}  // namespace crossent
