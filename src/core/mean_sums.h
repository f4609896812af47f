#pragma once
#include <cstdint>

#include "core/exact_sum.h"

namespace crossent {

/// Rows, and their weight where rows have weights.
struct Tally {
  std::int64_t rows = 0;
  ExactSum weight;

  void add(bool weighted, double w) {
    ++rows;
    if (weighted) weight.add(w);
  }
  // Without a branch on `yes`, which no processor foretells, where there are no weights.
  void add_if(bool yes, bool weighted, double w) {
    rows += yes;
    if (weighted && yes) weight.add(w);
  }
  void merge(const Tally& other) {
    rows += other.rows;
    weight.merge(other.weight);
  }
  double mass(bool weighted) const { return weighted ? weight.value() : static_cast<double>(rows); }
};

/// Sum of w x for x in [0, 2]: integers without weights, an exact sum with them.
struct BoundedSum {
  FixedSum units;
  ExactSum products;

  void add(bool weighted, double w, double x) {
    if (weighted)
      products.add(w * x);
    else
      units.add(x);
  }
  void merge(const BoundedSum& other) {
    units.merge(other.units);
    products.merge(other.products);
  }
  double value(bool weighted) const { return weighted ? products.value() : units.value(); }
};

/// What the weighted mean of x and its standard error need. q = w x, rounded once; all sums exact,
/// so the error of nearly equal x does not cancel away.
struct MeanSums {
  std::int64_t rows = 0;
  ExactSum q, qq;      // sum q, sum q^2
  ExactSum w, wq, ww;  // sum w, sum w q, sum w^2; empty without weights

  void add(bool weighted, double weight, double x) {
    const double y = weighted ? weight * x : x;
    ++rows;
    q.add(y);
    qq.add_product(y, y);
    if (!weighted) return;
    w.add(weight);
    wq.add_product(weight, y);
    ww.add_product(weight, weight);
  }
  void merge(const MeanSums& other);

  double mass(bool weighted) const { return weighted ? w.value() : static_cast<double>(rows); }
  /// sum q / sum w; NaN without rows.
  double mean(bool weighted) const;
  /// sqrt(n/(n-1) sum w^2 (x - mean)^2) / sum w; unweighted: sd / sqrt(n). NaN below two rows.
  double standard_error(bool weighted) const;
};

/// The exact a * b, as far as a double's exponent reaches down.
ExactSum product(const ExactSum& a, const ExactSum& b);

}  // namespace crossent
