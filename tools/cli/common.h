#pragma once
#include <optional>
#include <string>

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

/// Whether two paths lead to the same file, there or still to be made.
bool same_file(const std::string& a, const std::string& b);

}  // namespace crossent::cli
