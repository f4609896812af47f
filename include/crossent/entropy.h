#pragma once
#include <cstddef>
#include <span>

#include "crossent/options.h"
#include "crossent/view.h"

namespace crossent {

/// Options of the functions of distributions. Each at its default changes no bit of the result.
struct DistributionOptions {
  double base = 0;               ///< unit of the result: 0 for e (nats), 2 bits, 10 dits; else > 1
  bool normalize = false;        ///< weights or counts are given: divide each by their sum
  Checks checks = Checks::full;  ///< off: the values are taken as they are, whatever they sum to
};

// What a distribution must be (Checks::full): not empty; every value in [0, 1]; the sum within
// max(1e-6, 4 C eps) of 1, C values. With `normalize`: finite values >= 0 of a positive sum. Else
// ValueError names argument, index, value and bound; so does a base <= 1 or NaN, always. All sums
// are compensated (TwoSum), so the error does not grow with C. A result of zero is +0.0.
// Formulas and sources: docs/math.md#distributions.

/// The size in nats of the unit that a base stands for: ln base, and 1 for base 0. A number of nats
/// divided by it is in that unit. ValueError for a base <= 1 or NaN.
double nats_per_unit(double base);

/// Shannon entropy H(p) = -sum p log p, 0 log 0 = 0; in [0, log C].
/// Accuracy  4 ulp for the values given, also when one of them is within an ulp of 1.
double entropy(std::span<const double> p, const DistributionOptions& options = {});

/// Entropy of counts n: p_k = n_k / N. Counts need not be integers; 0 of 20 is exactly 0. A class
/// that holds nearly everything keeps its digits: log p_k is taken as log1p(-(N - n_k) / N).
double entropy_from_counts(std::span<const double> counts, double base = 0);

/// Cross-entropy H(p, q) = -sum p log q of the truth p against the model q; +inf where q has a zero
/// that p does not. H(p, q) = H(p) + KL(p||q).
/// Errors    ValueError also when the lengths differ
double cross_entropy(std::span<const double> p, std::span<const double> q,
                     const DistributionOptions& options = {});

/// Kullback-Leibler divergence KL(p||q) = sum (p log(p/q) - p + q), every term >= 0: never
/// negative, exactly 0 for p == q, +inf where q has a zero that p does not. For exact distributions
/// this is sum p log(p/q), which rounds below 0 when p is near q.
/// Accuracy  8 ulp, also for p near q (the terms are series in (p-q)/(p+q) there)
double kl_divergence(std::span<const double> p, std::span<const double> q,
                     const DistributionOptions& options = {});

/// The same of every row: KL(p[i,:]||q[i,:]) into `rows` (which may be empty), and their mean (over
/// rows, not elements) or sum; with Reduction::none the sum. No rows: mean NaN, sum 0.
/// Shapes    p, q [rows, classes], any strides; rows [rows] or empty
double kl_divergence(MatrixView<const double> p, MatrixView<const double> q,
                     Reduction reduction = Reduction::mean, const DistributionOptions& options = {},
                     std::span<double> rows = {});

/// KL from log-probabilities: sum e^log_p (log_p - log_q); log_p = -inf adds 0, log_q = -inf where
/// log_p is not gives +inf. Values above 0 and NaN are refused; the sums are not checked, so that a
/// part of a vocabulary may be given. A sum below 0 by no more than the rounding of the logarithms
/// given is returned as 0.
/// `normalize` subtracts each row's log-sum-exp first (values of any size are then accepted).
double kl_divergence_log(std::span<const double> log_p, std::span<const double> log_q,
                         const DistributionOptions& options = {});

/// Element by element p log(p/q): 0 for p = 0, +inf for p > 0 = q; ratios that overflow are right.
/// Any values >= 0 (no sum is checked); negative, infinite and NaN values are refused (Checks::off:
/// NaN). In nats.
/// Shapes    p, q, out [n]; out may be p or q
void relative_entropy(std::span<const double> p, std::span<const double> q, std::span<double> out,
                      Checks checks = Checks::full);

/// Element by element the generalised divergence p log(p/q) - p + q >= 0, accurate near p == q; q
/// where p = 0. Shapes, ranges and units as relative_entropy.
void generalized_kl(std::span<const double> p, std::span<const double> q, std::span<double> out,
                    Checks checks = Checks::full);

/// Jensen-Shannon divergence (KL(p||m) + KL(q||m)) / 2, m = (p + q) / 2: symmetric, in [0, ln 2]
/// (1 bit), exactly 0 for p == q. Accuracy 8 ulp.
double jensen_shannon(std::span<const double> p, std::span<const double> q,
                      const DistributionOptions& options = {});

/// Perplexity e^H(p): among how many equal choices p is as unsure. `options.base` plays no part.
double perplexity(std::span<const double> p, const DistributionOptions& options = {});

/// Perplexity of a mean loss in nats: e^nats.
double perplexity(double nats);

/// A normal, uniform or exponential density of the real line, for the continuous entropies.
class Density {
 public:
  enum class Family { normal, uniform, exponential };
  static Density normal(double mean, double sd);    ///< sd > 0, both finite
  static Density uniform(double low, double high);  ///< low < high, both finite
  static Density exponential(double rate);          ///< rate > 0, finite

  Family family() const { return family_; }
  double first() const { return first_; }    ///< mean, low or rate
  double second() const { return second_; }  ///< sd or high; 0 for exponential

 private:
  Density(Family family, double first, double second)
      : family_(family), first_(first), second_(second) {}
  Family family_;
  double first_, second_;
};

/// Differential entropy -integral p log p. May be negative, unlike a distribution's: a uniform
/// density on [0, 1/2] has -1 bit. It depends on the unit of x.
double entropy(const Density& p, double base = 0);

/// -integral p log q in closed form; +inf where p has mass and q has none (a normal p under any q
/// but a normal, an exponential p under a uniform q, a uniform p that reaches beyond q's support).
double cross_entropy(const Density& p, const Density& q, double base = 0);

/// integral p log(p/q) >= 0, exactly 0 for p == q, +inf as above.
double kl_divergence(const Density& p, const Density& q, double base = 0);

/// What independent events of probabilities p_i have in common.
struct Likelihood {
  double probability;          ///< product of p_i; underflows to 0 where it must (see nll)
  double nll;                  ///< -sum log p_i, nats: does not underflow
  double mean;                 ///< nll / n, nats per event
  double typical_probability;  ///< e^-mean, the geometric mean of p_i
};

/// Joint likelihood of independent events. An impossible event: probability 0, nll +inf.
/// Errors    ValueError when p is empty or a value is not in [0, 1]
Likelihood joint_likelihood(std::span<const double> p);

}  // namespace crossent
