#include "precise/definitions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crossent::precise {
namespace {

// The row's own target distribution q_j = t_j c_j after smoothing, and its weight.
template <class R>
struct Distribution {
  std::vector<R> q;
  R weight = 1;
  R sum = 0;         // s
  R row_factor = 1;  // sum_k t_k c_k of per_row smoothing
};

bool kept(const RowProblem& p, std::size_t j) { return p.class_mask.empty() || p.class_mask[j]; }
template <class R>
R weight_of(const RowProblem& p, std::size_t j) {
  return p.class_weight.empty() ? R(1) : R(p.class_weight[j]);
}
template <class R>
R plain_target(const RowProblem& p, std::size_t j) {
  if (p.label >= 0) return R(static_cast<std::size_t>(p.label) == j ? 1 : 0);
  return R(p.target[j]);
}

template <class R>
Distribution<R> distribution_of(const RowProblem& p) {
  const std::size_t classes = p.x.size();
  double left = 0;
  for (std::size_t j = 0; j < classes; ++j) left += kept(p, j);
  const bool smooth = p.label_smoothing != 0;
  const bool per_row = smooth && p.smoothing == Smoothing::per_row && !p.class_weight.empty();
  Distribution<R> d;
  d.q.resize(classes);
  d.weight = R(p.row_weight);
  if (per_row) d.row_factor = R(0);
  for (std::size_t j = 0; j < classes; ++j) {
    R t = plain_target<R>(p, j);
    if (per_row) d.row_factor += t * weight_of<R>(p, j);
    if (smooth) {
      t = (R(1) - R(p.label_smoothing)) * t;
      if (kept(p, j)) t = t + R(p.label_smoothing) / R(left);
    }
    if (!per_row) t = t * weight_of<R>(p, j);
    d.q[j] = t;
    d.sum += t;
  }
  if (per_row) {  // the row's mean class weight
    R total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += plain_target<R>(p, j);
    d.weight = d.weight * d.row_factor / total;
  }
  return d;
}

// z' of the logits, d z' / d x, and the masked ones at -inf.
template <class R>
struct Logits {
  std::vector<R> z, slope;
  std::vector<bool> dead;
};

template <class R>
Logits<R> transform(const RowProblem& p) {
  const std::size_t classes = p.x.size();
  Logits<R> out;
  out.dead.resize(classes);
  out.z.resize(classes);
  const bool transforms = p.temperature != 1 || p.softcap != 0;
  if (transforms) out.slope.resize(classes);
  for (std::size_t j = 0; j < classes; ++j) {
    out.dead[j] = !kept(p, j) || p.x[j] == -INFINITY;
    R slope = R(1);
    if (p.temperature != 1) slope = slope / R(p.temperature);
    if (out.dead[j]) {  // a target on it still has its term; a softcap is flat there
      if (transforms && p.softcap == 0) out.slope[j] = slope;
      continue;
    }
    R z = R(p.x[j]);
    if (p.temperature != 1) z = z / R(p.temperature);
    if (p.softcap != 0) {
      const R u = z / R(p.softcap);
      z = R(p.softcap) * tanh_of(u);
      const R e = exp_of(R(-2) * abs_of(u));  // 1 - tanh^2 without the cancellation
      slope = slope * R(4) * e / ((R(1) + e) * (R(1) + e));
    }
    out.z[j] = z;
    if (transforms) out.slope[j] = slope;
  }
  return out;
}

template <class R>
struct Softmax {
  R max, others, log1p_others;
  std::size_t argmax = 0;
  bool any = false;
  std::vector<R> e;  // exp(z_j - max)
};

// The maximum is left out of the sum: nothing cancels, whatever the size of the loss.
template <class R>
Softmax<R> softmax_of(const Logits<R>& logits, bool keep) {
  Softmax<R> s;
  for (std::size_t j = 0; j < logits.z.size(); ++j)
    if (!logits.dead[j] && (!s.any || logits.z[j] > s.max)) {
      s.max = logits.z[j];
      s.argmax = j;
      s.any = true;
    }
  if (keep) s.e.resize(logits.z.size());
  for (std::size_t j = 0; j < logits.z.size(); ++j) {
    if (logits.dead[j]) continue;
    const R e = exp_of(logits.z[j] - s.max);
    if (j != s.argmax) s.others += e;
    if (keep) s.e[j] = e;
  }
  s.log1p_others = log1p_of(s.others);
  return s;
}

template <class R>
R larger(const R& a, const R& b) {
  return a < b ? b : a;
}

template <class R>
void write_gradient(const RowProblem& p, const Distribution<R>& d, const Logits<R>& logits,
                    const Softmax<R>& s, RowAnswer<R>& out) {
  const std::size_t classes = p.x.size();
  out.gradient.resize(classes);
  if (!out.pure) out.scale.resize(classes);
  const R total = R(1) + s.others;
  const R z_term = R(2) * R(p.z_loss) * out.lse;
  const R spread = d.weight * d.sum;
  const R alpha = (spread + z_term) / total;
  for (std::size_t j = 0; j < classes; ++j) {
    R g = alpha * s.e[j] - d.weight * d.q[j];
    if (j == s.argmax) {  // (s - q) p - q (1 - p): p may be 1 to the last digit
      R rest = 0;
      for (std::size_t k = 0; k < classes; ++k)
        if (k != j) rest += d.q[k];
      g = d.weight * (rest / total - d.q[j] * (s.others / total)) + z_term / total;
    }
    R scale;
    if (!out.pure) {
      scale = larger(larger(spread * s.e[j] / total, d.weight * d.q[j]),
                     abs_of(z_term * s.e[j] / total));
    }
    if (!logits.slope.empty()) {
      g = g * logits.slope[j];
      if (!out.pure) scale = scale * logits.slope[j];
    }
    out.gradient[j] = g;
    if (!out.pure) out.scale[j] = scale;
  }
}

template <class R>
RowAnswer<R> solve_logits(const RowProblem& p, Want want) {
  const std::size_t classes = p.x.size();
  const Distribution<R> d = distribution_of<R>(p);
  const Logits<R> logits = transform<R>(p);
  const Softmax<R> s = softmax_of(logits, want.gradient || want.probability);
  RowAnswer<R> out;
  out.pure = p.label >= 0 && p.label_smoothing == 0 && p.z_loss == 0 && p.softcap == 0;
  out.argmax = static_cast<std::int64_t>(s.argmax);
  out.log1p_others = s.log1p_others;
  out.max = to_double(s.max);
  out.lse = s.max + s.log1p_others;
  R sum = 0;
  const R zero = 0;
  for (std::size_t j = 0; j < classes; ++j) {
    if (d.q[j] == zero) continue;
    if (logits.dead[j]) {
      out.infinite = true;
      continue;
    }
    sum += d.q[j] * ((s.max - logits.z[j]) + s.log1p_others);
  }
  out.loss = d.weight * sum + R(p.z_loss) * out.lse * out.lse;
  if (!logits.slope.empty()) {
    double largest = 0;
    for (std::size_t j = 0; j < classes; ++j)
      if (!logits.dead[j]) largest = std::max(largest, std::fabs(to_double(logits.z[j])));
    out.blur = largest == 0 ? 0 : std::ldexp(1.0, std::ilogb(largest) - 52);
    out.sensitivity = to_double(out.loss) + to_double(d.weight * (d.sum - d.q[s.argmax])) +
                      2 * p.z_loss * std::fabs(to_double(out.lse));
  }
  if (p.row_weight == 0 || (d.weight == zero)) out.infinite = false;
  if (want.gradient) write_gradient(p, d, logits, s, out);
  if (want.probability) {
    out.probability.resize(classes);
    for (std::size_t j = 0; j < classes; ++j) out.probability[j] = s.e[j] / (R(1) + s.others);
  }
  if (want.target_gradient) {
    out.target_gap.resize(classes);
    out.target_scale.resize(classes);
    const R keep = p.label_smoothing == 0 ? R(1) : R(1) - R(p.label_smoothing);
    for (std::size_t j = 0; j < classes; ++j) {
      R c = p.smoothing == Smoothing::per_row && p.label_smoothing != 0 ? R(1) : weight_of<R>(p, j);
      out.target_scale[j] = d.weight * keep * c;
      if (!logits.dead[j]) out.target_gap[j] = (s.max - logits.z[j]) + s.log1p_others;
    }
  }
  return out;
}

template <class R>
RowAnswer<R> solve_probabilities(const RowProblem& p, Want want) {
  const std::size_t classes = p.x.size();
  const bool logarithms = p.kind == Kind::log_probabilities;
  const Distribution<R> d = distribution_of<R>(p);
  RowAnswer<R> out;
  out.pure = p.label >= 0 && p.label_smoothing == 0 && !p.normalize;
  out.gradient.resize(classes);
  out.scale.resize(classes);
  const auto largest = std::max_element(p.x.begin(), p.x.end());
  out.argmax = largest - p.x.begin();
  R others = 0;  // all but the largest
  for (auto x = p.x.begin(); x != p.x.end(); ++x)
    if (x != largest) others += R(*x);
  const R total = others + R(*largest);
  R sum = 0;
  const R zero = 0;
  for (std::size_t j = 0; j < classes; ++j) {
    out.gradient[j] = logarithms ? -(d.weight * d.q[j]) : zero;
    if (d.q[j] == zero) continue;
    if (logarithms) {
      if (p.x[j] == -INFINITY)
        out.infinite = true;
      else
        sum += d.q[j] * R(-p.x[j]);
      continue;
    }
    R x = R(p.x[j]);
    if (p.normalize) x = x / total;
    const R high = R(1 - p.clip);  // the caller's bound is an f64
    const bool clipped = p.clip != 0 && (x < R(p.clip) || x > high);
    if (clipped)
      x = x > high ? high : R(p.clip);
    else
      out.gradient[j] = d.weight == zero ? zero
                        : x == zero      ? R(-INFINITY)
                                         : -(d.weight * d.q[j] / R(p.x[j]));
    if (x == zero)
      out.infinite = true;
    else if (p.normalize && !clipped && j == static_cast<std::size_t>(out.argmax))
      sum += d.q[j] * log1p_of(others / R(p.x[j]));  // nothing cancels near 1
    else
      sum += d.q[j] * -log_of(x);
  }
  if (p.normalize && want.gradient && !logarithms)
    for (std::size_t j = 0; j < classes; ++j) {
      const R common = d.weight * d.sum / total;
      out.scale[j] = larger(common, abs_of(out.gradient[j]));
      out.gradient[j] += common;
    }
  else
    for (std::size_t j = 0; j < classes; ++j) out.scale[j] = abs_of(out.gradient[j]);
  out.loss = d.weight * sum;
  if (d.weight == zero) out.infinite = false;
  return out;
}

}  // namespace

template <class R>
RowAnswer<R> solve(const RowProblem& problem, Want want) {
  return problem.kind == Kind::logits ? solve_logits<R>(problem, want)
                                      : solve_probabilities<R>(problem, want);
}

// w (pos t softplus(-x) + (1 - t) softplus(x))
template <class R>
BinaryAnswer<R> solve_binary(double x, double t, double weight, double pos_weight) {
  const R e = exp_of(-abs_of(R(x))), small = log1p_of(e);  // softplus(-|x|)
  const R zero = 0, positive = x > 0 ? small : small + R(-x),
          negative = x > 0 ? small + R(x) : small;
  const R w = R(weight), on = R(pos_weight) * R(t), off = R(1) - R(t);
  const R p = x > 0 ? R(1) / (R(1) + e) : e / (R(1) + e);  // sigmoid(x)
  const R q = x > 0 ? e / (R(1) + e) : R(1) / (R(1) + e);  // sigmoid(-x)
  BinaryAnswer<R> out;
  out.loss = w * ((on == zero ? zero : on * positive) + (off == zero ? zero : off * negative));
  out.gradient = w * (off * p - on * q);
  out.scale = w * larger(off * p, on * q);
  out.hessian = w * (on + off) * p * q;
  return out;
}

template <class R>
BinaryAnswer<R> solve_binary_probability(double p, double t, double weight, double pos_weight) {
  const R zero = 0, on = R(pos_weight) * R(t), off = R(1) - R(t), w = R(weight);
  const R x = R(p), y = R(1) - R(p);
  BinaryAnswer<R> out;
  R loss = 0, g = 0, scale = 0, h = 0;
  if (!(on == zero)) {
    loss += on * -log_of(x);
    g = g - on / x;
    scale = on / x;
    h += on / x / x;  // x^2 may leave the range
  }
  if (!(off == zero)) {
    loss += off * -(p < 0.5 ? log1p_of(-x) : log_of(y));  // 1 - p rounds, even in 77 digits
    g = g + off / y;
    scale = larger(scale, off / y);
    h += off / y / y;
  }
  out.loss = w * loss;
  out.gradient = w * g;
  out.scale = w * scale;
  out.hessian = w * h;
  return out;
}

template <class R>
SquaredAnswer<R> solve_squared_softmax(std::span<const double> x, std::span<const double> target) {
  RowProblem problem;
  problem.x.assign(x.begin(), x.end());
  problem.label = 0;
  const RowAnswer<R> s = solve<R>(problem, {.gradient = false, .probability = true});
  SquaredAnswer<R> out;
  out.gradient.resize(x.size());
  out.scale.resize(x.size());
  R mean = 0, mean_scale = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const R difference = s.probability[j] - R(target[j]);
    out.loss += difference * difference;
    mean += s.probability[j] * difference;
    mean_scale += s.probability[j] * abs_of(difference);
  }
  for (std::size_t j = 0; j < x.size(); ++j) {
    const R difference = s.probability[j] - R(target[j]);
    out.gradient[j] = R(2) * s.probability[j] * (difference - mean);
    out.scale[j] = R(2) * s.probability[j] * larger(abs_of(difference), mean_scale);
  }
  return out;
}

template <class R>
SquaredAnswer<R> solve_squared_sigmoid(double x, double t) {
  const R e = exp_of(-abs_of(R(x)));
  const R p = x > 0 ? R(1) / (R(1) + e) : e / (R(1) + e);
  const R q = x > 0 ? e / (R(1) + e) : R(1) / (R(1) + e);
  // p - t without cancellation: (1 - t) p - t q
  const R difference = (R(1) - R(t)) * p - R(t) * q;
  SquaredAnswer<R> out;
  out.loss = difference * difference;
  out.gradient = {R(2) * difference * p * q};
  out.scale = {R(2) * larger((R(1) - R(t)) * p, R(t) * q) * p * q};
  return out;
}

#define CROSSENT_INSTANTIATE(R)                                                         \
  template RowAnswer<R> solve<R>(const RowProblem&, Want);                              \
  template BinaryAnswer<R> solve_binary<R>(double, double, double, double);             \
  template BinaryAnswer<R> solve_binary_probability<R>(double, double, double, double); \
  template SquaredAnswer<R> solve_squared_softmax<R>(std::span<const double>,           \
                                                     std::span<const double>);          \
  template SquaredAnswer<R> solve_squared_sigmoid<R>(double, double);
CROSSENT_INSTANTIATE(DD)
CROSSENT_INSTANTIATE(Big)
#undef CROSSENT_INSTANTIATE

}  // namespace crossent::precise
