#include "cli/units.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "cli/scalars.h"
#include "crossent/entropy.h"

namespace crossent::cli {

Unit::Unit(const std::optional<Value>& base)
    : base_(base ? logarithm_base(*base) : 0), chosen_(base.has_value()) {}

double bits(double nats) { return nats / std::numbers::ln2; }

double Unit::from_nats(double nats) const {
  return base_ == 2 ? bits(nats) : nats / nats_per_unit(base_);
}

double Unit::to_nats(double amount) const { return amount * nats_per_unit(base_); }

std::string Unit::name() const { return unit_name(base_); }

std::string Unit::log() const {
  if (base_ == 0) return "ln";
  if (base_ == 2 || base_ == 10) return fmt::format("log{}", base_);
  return fmt::format("log_{}", base_);
}

std::string Unit::number(const Style& style, double nats) const {
  return style.number(from_nats(nats));
}

std::string Unit::amount(const Style& style, double nats) const {
  if (!std::isfinite(nats)) return style.number(nats);
  const std::string in_nats = style.number(nats) + " nats";
  const std::string in_bits = style.number(bits(nats)) + " bits";
  if (base_ == 0) return in_nats + " = " + in_bits;
  if (base_ == 2) return in_bits + " = " + in_nats;
  return fmt::format("{} {} = {} = {}", number(style, nats), name(), in_nats, in_bits);
}

void put_nats(Json& object, const std::string& key, double nats) {
  put(object, key, nats);
  put(object, key + "_bits", bits(nats));
}

}  // namespace crossent::cli
