#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/eval_block.h"

namespace crossent::cli {

/// One `eval`: every worker has its own Statistics, merged in the end.
class Evaluator {
 public:
  Evaluator(const EvalSettings& settings, const Context& context);
  Evaluation run();

 private:
  /// Made when its first block comes: there may be many more threads than blocks.
  Worker& worker(int number);
  void use_layout(Layout layout);
  Source open_source(const std::string& shown, int workers);
  void add_table(const std::string& path);
  void add_array(const std::string& path);
  std::string hint_for_label(const std::string& path, const std::string& fallback) const;
  void refuse_empty() const;

  const EvalSettings& settings_;
  const Context& context_;
  StatisticsOptions options_;
  Evaluation result_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<RowsFile> losses_;
  std::int64_t rows_ = 0;  ///< of the files before
};

}  // namespace crossent::cli
