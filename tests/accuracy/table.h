#pragma once
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

// The largest error of every operation, type and SIMD target, and the input that has it.
namespace crossent::accuracy {

struct Worst {
  double ulps = 0;
  std::string input = "-";
};

class Table {
 public:
  /// Keeps the larger error. `limit` is what is promised, in the same units.
  void record(const std::string& operation, double limit, const std::string& type,
              const std::string& target, double ulps, const std::string& input);
  bool holds() const;  ///< every promise
  void print(std::ostream& out) const;
  void print_markdown(std::ostream& out) const;

 private:
  struct Line {
    double limit = 0;
    std::map<std::string, std::map<std::string, Worst>> by_type;  // type, then target
  };
  std::vector<std::string> order_;
  std::map<std::string, Line> lines_;
};

/// Exponential, logarithms, tanh on the SIMD target in use; the others on every target.
void measure_functions(Table& table);
void measure_cross_entropy(Table& table);
void measure_softmax(Table& table);
void measure_binary(Table& table);

}  // namespace crossent::accuracy
