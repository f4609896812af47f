#pragma once
#include <string>

namespace crossent::training {

enum class SampleFormat { table, array, idx, libsvm };

/// By the name (".libsvm", ".svm", ".svmlight"; ".idx", "-ubyte"; each perhaps with ".gz", ".zst"),
/// else by the first bytes. Standard input, pipes and devices can be read once only: their bytes
/// are left alone.
SampleFormat sample_format(const std::string& path);

/// "file.npz[member]" taken apart; the member is empty where none is named.
struct ArrayPath {
  std::string file, member;
};
ArrayPath array_path(const std::string& path);

}  // namespace crossent::training
