#include "precise/inputs.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace crossent::precise {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

using Rng = std::mt19937_64;

double normal(Rng& rng, double sd) { return std::normal_distribution<double>(0, sd)(rng); }
template <class... V>
double one_of(Rng& rng, V... values) {
  const double list[] = {double(values)...};
  return list[rng() % sizeof...(values)];
}

using Row = std::vector<double>;

void fill_normal(Row& z, Rng& rng, double sd, double offset = 0) {
  for (double& v : z) v = offset + normal(rng, sd);
}

void fill_dominant(Row& z, Rng& rng, const Reach& reach) {
  const double gap = uniform(rng, 1, rng() % 2 ? 40 : 700);
  const double at = rng() % 2 ? 0 : std::min(normal(rng, 100), reach.largest / 2);
  const double sd = one_of(rng, 0, 1e-3, 1, 10);
  for (double& v : z) v = at - gap + normal(rng, sd);
  z[rng() % z.size()] = at;
}

void fill_near_ties(Row& z, Rng& rng, const Reach& reach) {
  const double top = one_of(rng, 1, 3.25, 100, 255.9, 1000, 12345);
  const double ulp = std::ldexp(1.0, std::ilogb(top) - reach.bits + 1);
  for (double& v : z) v = top - ulp * static_cast<double>(rng() % 4);
}

void fill_two_level(Row& z, Rng& rng) {
  const double low = -one_of(rng, 0.5, 5, 16.6, 17.3, 36, 88, 103.97, 104.1, 300);
  const auto ones = rng() % (rng() % 2 ? 4 : z.size() + 1);
  for (double& v : z) v = low;
  for (std::size_t i = 0; i <= ones; ++i) z[rng() % z.size()] = 0;
}

void fill_late_start(Row& z, Rng& rng) {
  const auto from =
      static_cast<std::size_t>(one_of(rng, 1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 2048));
  fill_normal(z, rng, one_of(rng, 1, 30));
  for (std::size_t j = 0; j < z.size() && j < from; ++j) z[j] = -kInf;
  if (from >= z.size()) z.back() = 1.5;
}

// Steps around 64 ln 2 = 44.36, from where the row kernel moves its reference.
void fill_staircase(Row& z, Rng& rng, const Reach& reach) {
  const auto length = static_cast<std::size_t>(one_of(rng, 1, 16, 64, 255, 256, 257, 512));
  double step = one_of(rng, 20, 44.3, 44.36, 44.4, 60, 87, 89, 120, 260);
  const double steps = std::ceil(static_cast<double>(z.size()) / static_cast<double>(length));
  const double from = one_of(rng, 0, -100, -256, 200, 256);
  if (from + step * steps > reach.largest / 4) step = reach.largest / 8 / steps;
  const double noise = one_of(rng, 0, 0.1, 3);
  for (std::size_t j = 0; j < z.size(); ++j)
    z[j] = from + step * static_cast<double>(j / length) + normal(rng, noise);
}

void fill_climb(Row& z, Rng& rng) {
  const double slope = one_of(rng, 1e-4, 0.01, 0.1, 0.7, 3) * one_of(rng, -1, 1);
  const double from = one_of(rng, 0, -300, 250, 1000);
  for (std::size_t j = 0; j < z.size(); ++j)
    z[j] = std::clamp(from + slope * static_cast<double>(j), -30000.0, 30000.0);
}

void fill_spikes(Row& z, Rng& rng) {
  fill_normal(z, rng, 1);
  double top = 0;
  const auto gap = 1 + rng() % 700;
  for (std::size_t j = rng() % gap; j < z.size(); j += 1 + rng() % gap) {
    top = std::min(top + uniform(rng, 0.5, 90), 40000.0);
    z[j] = top;
  }
}

void fill_extremes(Row& z, Rng& rng, const Reach& reach) {
  for (double& v : z) v = reach.largest * one_of(rng, -1, 1, -0.5, 0.5, 0, 1e-30);
}

}  // namespace

const char* name_of(Family family) {
  constexpr const char* kNames[] = {"normal sd 1", "normal sd 4",  "normal sd 16", "normal sd 30",
                                    "offset",      "equal terms",  "one dominant", "near ties",
                                    "two levels",  "late start",   "masked",       "subnormal exp",
                                    "huge",        "extremes",     "staircase",    "climb",
                                    "spikes",      "edges of 256", "tiny spread"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(Family::count));
  return kNames[static_cast<std::size_t>(family)];
}

Reach reach_of(const std::string& type) {
  if (type == "f64") return {std::numeric_limits<double>::max(), 708, 53};
  if (type == "f16") return {65504, 87.3, 11};
  if (type == "bf16") return {0x1.fep127, 87.3, 8};
  return {std::numeric_limits<float>::max(), 87.3, 24};
}

std::vector<double> make_row(Family family, std::size_t classes, const Reach& reach, Rng& rng) {
  Row z(classes);
  switch (family) {
    case Family::normal1:
      fill_normal(z, rng, 1);
      break;
    case Family::normal4:
      fill_normal(z, rng, 4);
      break;
    case Family::normal16:
      fill_normal(z, rng, 16);
      break;
    case Family::normal30:
      fill_normal(z, rng, 30);
      break;
    case Family::offset:
      fill_normal(
          z, rng, one_of(rng, 1, 16),
          one_of(rng, 1e3, -1e3, 3e4, -3e4, 1e5, -1e6, 1e6) * (reach.largest < 1e5 ? 0.02 : 1));
      break;
    case Family::equal:
      fill_normal(z, rng, 0, one_of(rng, 0, 1, -7.3, 88, 1e4, -1e4, 6e4));
      break;
    case Family::dominant:
      fill_dominant(z, rng, reach);
      break;
    case Family::near_ties:
      fill_near_ties(z, rng, reach);
      break;
    case Family::two_level:
      fill_two_level(z, rng);
      break;
    case Family::late_start:
      fill_late_start(z, rng);
      break;
    case Family::masked:
      fill_normal(z, rng, 4);
      for (double& v : z)
        if (rng() % 2) v = -kInf;
      z[rng() % classes] = 0.25;
      break;
    case Family::subnormal_exp:
      for (double& v : z) v = -reach.underflow - uniform(rng, 0, reach.underflow > 500 ? 37 : 17);
      z[rng() % classes] = 0;
      break;
    case Family::huge:
      fill_normal(z, rng, std::min(1e30, reach.largest / 8));
      break;
    case Family::extremes:
      fill_extremes(z, rng, reach);
      break;
    case Family::staircase:
      fill_staircase(z, rng, reach);
      break;
    case Family::climb:
      fill_climb(z, rng);
      break;
    case Family::spikes:
      fill_spikes(z, rng);
      break;
    case Family::edges:
      fill_normal(z, rng, one_of(rng, 0.01, 1, 20), one_of(rng, -256, 256, 255.5, -255.5));
      break;
    case Family::tiny_spread:
      fill_normal(z, rng, one_of(rng, 1e-8, 1e-5, 1e-3));
      break;
    case Family::count:
      break;
  }
  for (double& v : z)
    if (v != -kInf) v = std::clamp(v, -reach.largest, reach.largest);
  return z;
}

const std::vector<std::size_t>& class_counts() {
  static const std::vector<std::size_t> kCounts = {
      1,  2,   3,    7,    15,   16,    17,    31,    33,     63,     64,
      65, 127, 1000, 1023, 8003, 32000, 50257, 65537, 128256, 151936, 262144};
  return kCounts;
}

bool reduced_grid() {
  const char* value = std::getenv("CROSSENT_REDUCED_GRID");
  return value != nullptr && std::string(value) == "1";
}

}  // namespace crossent::precise
