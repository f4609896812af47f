#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace crossent {

/// The SIMD targets that this build holds and this CPU runs, best first ("AVX3", "AVX2", "SSE4", ...).
std::vector<std::string> simd_targets();

/// The target in use: the best one, unless set_simd_target or CROSSENT_SIMD chose another.
std::string simd_target();

/// Uses `name` from now on, in every thread; "" returns to the best. ValueError lists the names of
/// simd_targets() when `name` is none of them. Not to be called while another thread computes.
void set_simd_target(std::string_view name);

/// OpenMP's number of threads, what Options::threads = 0 means.
int default_threads();

}  // namespace crossent
