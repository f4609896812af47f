#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/train.h"

namespace crossent::cli {

/// The options of `crossent train`: declared from tables, checked, turned into settings.
class TrainFlags {
 public:
  void declare(Options& options);
  /// Errors  UsageError naming option, value and range
  TrainSettings settings() const;
  std::string preset() const { return text("--preset"); }
  /// The settings that a preset leaves open: the data, their target, the seed.
  /// Errors  UsageError naming an option that it has no use for
  TrainSettings preset_settings() const;

 private:
  const Value* given(const std::string& flag) const;
  std::string text(const std::string& flag) const;
  void declare_data(Options& options);
  void declare_network(Options& options);
  void declare_cost(Options& options);
  void declare_steps(Options& options);
  void declare_files(Options& options);
  OptionInfo& word(Options& options, const char* flag, const char* metavar, const char* help);

  void read_source(TrainSettings& s) const;
  void read_data(TrainSettings& s) const;
  void read_validation(TrainSettings& s) const;
  void read_words(TrainSettings& s) const;
  void read_numbers(TrainSettings& s) const;
  void read_lists(TrainSettings& s) const;
  void read_files(TrainSettings& s) const;
  void check_companions() const;

  std::map<std::string, std::optional<Value>> values_;  ///< by flag; nodes do not move
  std::vector<Value> data_, target_, ignore_, text_, hidden_, class_weight_, models_;
  bool standardize_ = false, impute_ = false, nesterov_ = false, strict_ = false;
};

/// "a,b" -> {"a", "b"}, over all values.
std::vector<std::string> split_commas(const std::vector<Value>& values);

}  // namespace crossent::cli
