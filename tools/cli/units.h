#pragma once
#include <optional>
#include <string>

#include "cli/options.h"
#include "cli/output/json.h"
#include "cli/output/text.h"

namespace crossent::cli {

/// The unit of --base. Every amount is computed in nats and shown in nats and bits, and in this
/// unit first where it is another.
class Unit {
 public:
  Unit() = default;
  explicit Unit(const std::optional<Value>& base);

  bool chosen() const { return chosen_; }
  double base() const { return base_; }  ///< 0: e
  double from_nats(double nats) const;
  double to_nats(double amount) const;
  /// "0.356675 nats = 0.514573 bits". Of an amount too small for f64, `log` is ln of its nats:
  /// "10^-347.44 nats = 10^-347.28 bits".
  std::string amount(const Style& style, double nats, std::optional<double> log = {}) const;
  /// The chosen unit alone: "0.356675", "nats".
  std::string number(const Style& style, double nats, std::optional<double> log = {}) const;
  std::string name() const;
  /// "ln", "log2", "log10", "log_3".
  std::string log() const;

 private:
  double base_ = 0;
  bool chosen_ = false;
};

double bits(double nats);

/// Adds `key` in nats and `key`_bits.
void put_nats(Json& object, const std::string& key, double nats);

}  // namespace crossent::cli
