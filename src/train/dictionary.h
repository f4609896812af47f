#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crossent/samples.h"

namespace crossent::training {

/// What to do about text in another encoding.
inline constexpr const char* kToUtf8 = "convert the file, as in: iconv -f LATIN1 -t UTF-8";

/// Texts by number: those that are known, or all that come, in the order they come. None comes that
/// is not UTF-8: a model file could not hold it.
class Dictionary {
 public:
  static constexpr std::int32_t kUnknown = kMissingCode;

  Dictionary() = default;  ///< takes every text in UTF-8
  /// Takes these alone.
  explicit Dictionary(const std::vector<std::string>& known);
  /// The text's number; kUnknown where it may not be added: others are known, or it is not UTF-8.
  std::int32_t number(std::string_view text);
  /// The same for a label: integers are alike when their values are ("+1", "01", " 1").
  std::int32_t class_number(std::string_view label);
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::int32_t add(std::string_view text);
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> numbers_;
  bool closed_ = false, integers_ = false;
};

/// Several dictionaries as one that does not depend on the order in which texts came.
struct MergedTexts {
  std::vector<std::string> texts;
  std::vector<std::vector<std::int32_t>> numbers;  ///< [dictionary][its number]: index of texts
};
/// Sorted by their bytes.
MergedTexts merge_levels(const std::vector<const Dictionary*>& dictionaries);
/// Sorted by number when all are integers (one class for each value), else by their bytes.
MergedTexts merge_classes(const std::vector<const Dictionary*>& dictionaries);

/// The first few in quotes, as messages show what there is.
std::string listed(const std::vector<std::string>& texts);

}  // namespace crossent::training
