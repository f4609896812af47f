#pragma once
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

// The largest error of every operation, type and SIMD target, and the input that has it.
namespace crossent::accuracy {

/// What was measured. With an option the operation's section has a row for every option, result
/// and type; without, a result's section has one for every type and target.
struct Place {
  std::string operation, result, type, target, option = "";
};

class Table {
 public:
  /// Keeps the larger error. `limit` is what is promised, in the same units.
  void record(const Place& place, double limit, double ulps, const std::string& input);
  bool holds() const;  ///< every promise
  void print(std::ostream& out) const;
  void print_markdown(std::ostream& out) const;

 private:
  struct Worst {
    double limit = 0, ulps = -1;
    std::string target, input;
    bool holds() const { return ulps <= limit; }
  };
  struct Section {
    std::string title;
    bool by_option = false;
    std::map<std::vector<std::string>, Worst> rows;
  };
  Section& section(const Place& place);
  static void print_markdown(std::ostream& out, const Section& section);

  std::vector<Section> sections_;  // as they came
};

/// Exponential, logarithms, tanh on the SIMD target in use; the others on every target.
void measure_functions(Table& table);
void measure_cross_entropy(Table& table);
void measure_soft_targets(Table& table);
void measure_options(Table& table);
void measure_probabilities(Table& table);
void measure_softmax(Table& table);
void measure_binary(Table& table);

}  // namespace crossent::accuracy
