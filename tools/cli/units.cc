#include "cli/units.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "cli/scalars.h"
#include "crossent/entropy.h"

namespace crossent::cli {
namespace {

double in_base(double base, double nats) {
  return base == 2 ? bits(nats) : nats / nats_per_unit(base);
}

std::string text_in(double base, const Style& style, double nats, std::optional<double> log) {
  return log ? style.exponential(*log - std::log(nats_per_unit(base)))
             : style.number(in_base(base, nats));
}

}  // namespace

Unit::Unit(const std::optional<Value>& base)
    : base_(base ? logarithm_base(*base) : 0), chosen_(base.has_value()) {}

double bits(double nats) { return nats / std::numbers::ln2; }

double Unit::from_nats(double nats) const { return in_base(base_, nats); }

double Unit::to_nats(double amount) const { return amount * nats_per_unit(base_); }

std::string Unit::name() const { return unit_name(base_); }

std::string Unit::log() const {
  if (base_ == 0) return "ln";
  if (base_ == 2 || base_ == 10) return fmt::format("log{}", base_);
  return fmt::format("log_{}", base_);
}

std::string Unit::number(const Style& style, double nats, std::optional<double> log) const {
  return text_in(base_, style, nats, log);
}

std::string Unit::amount(const Style& style, double nats, std::optional<double> log) const {
  if (!std::isfinite(nats)) return style.number(nats);
  const std::string in_nats = text_in(0, style, nats, log) + " nats";
  const std::string in_bits = text_in(2, style, nats, log) + " bits";
  if (base_ == 0) return in_nats + " = " + in_bits;
  if (base_ == 2) return in_bits + " = " + in_nats;
  return fmt::format("{} {} = {} = {}", number(style, nats, log), name(), in_nats, in_bits);
}

void put_nats(Json& object, const std::string& key, double nats) {
  put(object, key, nats);
  put(object, key + "_bits", bits(nats));
}

}  // namespace crossent::cli
