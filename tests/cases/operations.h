#pragma once
#include <functional>
#include <string>

#include "case.h"
#include "crossent/options.h"

// The operations, by family. Each computes one case through the library's public functions.
namespace cases {

using Operation = Outcome (*)(const Case&);
using Operations = std::map<std::string, Operation>;

const Operations& distribution_operations();
const Operations& softmax_operations();
const Operations& categorical_operations();
const Operations& binary_operations();
const Operations& relative_operations();
const Operations& score_operations();

/// Computes a case of any operation but invariance. Skip for an unknown operation; ValueError when
/// the library refuses.
Outcome compute(const Case& c);

/// Whether `c`'s op gives the same for each of `values`, as `invariant` says ("bitwise", "rel E",
/// "row sums 0 within E"); `seen` tells what differed.
bool holds(const Case& c, const std::string& invariant, std::string& seen);

/// The reduction asked for; one row's own value (sum) or the mean where none is named.
crossent::Reduction reduction_of(const Case& c, std::size_t rows);
crossent::Checks checks_of(const Case& c);

/// The results of single rows or elements reduced as the case asks: an array, or a scalar.
Outcome reduced(const Case& c, Array values, double sum, double mean);

}  // namespace cases
