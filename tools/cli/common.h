#pragma once
#include <optional>

#include "cli/context.h"
#include "cli/options.h"

namespace crossent::cli {

/// The options that every verb has.
class CommonOptions {
 public:
  void declare(Options& options);
  /// Checks them, puts them into `context` and selects the SIMD target.
  void apply(Context& context) const;
  bool help() const { return help_; }

 private:
  bool json_ = false, help_ = false;
  std::optional<Value> digits_, threads_, simd_, color_;
};

}  // namespace crossent::cli
