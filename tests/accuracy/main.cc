#include <fstream>
#include <iostream>
#include <string>

#include "accuracy/table.h"
#include "crossent/cpu.h"

// crossent_accuracy [--markdown FILE]: prints the largest error of each operation, type and target;
// exit status 1 when a promise does not hold.
int main(int argc, char** argv) {
  std::string file;
  for (int i = 1; i < argc; ++i)
    if (std::string(argv[i]) == "--markdown" && i + 1 < argc) {
      file = argv[++i];
    } else {
      std::cerr << "usage: crossent_accuracy [--markdown FILE]\n";
      return 2;
    }
  crossent::accuracy::Table table;
  for (const std::string& target : crossent::simd_targets()) {
    crossent::set_simd_target(target);
    measure_functions(table);
  }
  measure_cross_entropy(table);
  measure_soft_targets(table);
  measure_options(table);
  measure_probabilities(table);
  measure_softmax(table);
  measure_binary(table);
  table.print(std::cout);
  if (!file.empty()) {
    std::ofstream out(file);
    table.print_markdown(out);
    if (!out.flush()) {
      std::cerr << "cannot write " << file << "\n";
      return 1;
    }
  }
  return table.holds() ? 0 : 1;
}
