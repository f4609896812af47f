#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace crossent {

/// The SIMD targets that this build holds and this CPU runs, best first ("AVX3", "AVX2", "SSE4",
/// ...).
std::vector<std::string> simd_targets();

/// The target in use: the best one, unless set_simd_target or the environment variable
/// CROSSENT_SIMD (read when the library is loaded) chose another. ValueError when CROSSENT_SIMD
/// names none of simd_targets(); computations use the best one then.
std::string simd_target();

/// Uses `name` from now on, in every thread; "" returns to the best. ValueError lists the names of
/// simd_targets() when `name` is none of them. Not to be called while another thread computes.
/// Other users of the same libhwy in the process follow.
void set_simd_target(std::string_view name);

/// OpenMP's number of threads, what Options::threads = 0 means.
int default_threads();

}  // namespace crossent
