#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace crossent::cli {

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment) that
/// turn `a` into `b`; upper and lower case are alike.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word` if it is near enough to be a slip (about one edit in three
/// letters), else "". The first of equals.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// "did you mean 'probs'?", or "" when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace crossent::cli
