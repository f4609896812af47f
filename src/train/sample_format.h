#pragma once
#include <string>

namespace crossent::training {

enum class SampleFormat { table, array, idx, libsvm };

/// By the first bytes, else by the name: ".libsvm", ".svm", ".svmlight" (texts without magic),
/// ".idx", "-ubyte", each perhaps with ".gz", ".zst". Standard input, pipes and devices are known
/// by their names only, being read once.
SampleFormat sample_format(const std::string& path);

/// "file.npz[member]" taken apart; the member is empty where none is named.
struct ArrayPath {
  std::string file, member;
};
ArrayPath array_path(const std::string& path);

}  // namespace crossent::training
