#include "train/dictionary.h"

#include <algorithm>
#include <functional>
#include <map>

#include "io/excerpt.h"
#include "io/number.h"
#include "train/json_text.h"

namespace crossent::training {
namespace {

bool is_integer(std::string_view text, std::int64_t* value) {
  return io::parse_integer(text, value) == io::NumberFault::none;
}

bool is_plain_integer(const std::string& text) {
  std::int64_t value;
  return is_integer(text, &value) && text == std::to_string(value);
}

// Texts by their keys, in the order of the keys; text(key) is how each is written.
template <class Key>
MergedTexts merged(const std::vector<const Dictionary*>& dictionaries,
                   const std::function<Key(const std::string&)>& key,
                   const std::function<std::string(const Key&)>& text) {
  std::map<Key, std::int32_t> index;
  for (const Dictionary* dictionary : dictionaries)
    for (const std::string& entry : dictionary->texts()) index.emplace(key(entry), 0);
  MergedTexts all;
  for (auto& [value, number] : index) {
    number = static_cast<std::int32_t>(all.texts.size());
    all.texts.push_back(text(value));
  }
  for (const Dictionary* dictionary : dictionaries) {
    all.numbers.emplace_back();
    for (const std::string& entry : dictionary->texts())
      all.numbers.back().push_back(index.find(key(entry))->second);
  }
  return all;
}

std::int64_t integer_of(const std::string& text) {
  std::int64_t value = 0;
  is_integer(text, &value);
  return value;
}

}  // namespace

Dictionary::Dictionary(const std::vector<std::string>& known) {
  for (const std::string& text : known)
    if (!numbers_.contains(text)) add(text);
  closed_ = true;
  integers_ = std::all_of(known.begin(), known.end(), is_plain_integer);
}

std::int32_t Dictionary::number(std::string_view text) {
  const auto at = numbers_.find(text);
  if (at != numbers_.end()) return at->second;
  return closed_ || !is_utf8(text) ? kUnknown : add(text);
}

std::int32_t Dictionary::add(std::string_view text) {
  const auto next = static_cast<std::int32_t>(texts_.size());
  texts_.emplace_back(text);
  numbers_.emplace(texts_.back(), next);
  return next;
}

std::int32_t Dictionary::class_number(std::string_view label) {
  const std::int32_t found = number(label);
  std::int64_t value;
  if (found != kUnknown || !integers_ || !is_integer(label, &value)) return found;
  return number(std::to_string(value));
}

MergedTexts merge_levels(const std::vector<const Dictionary*>& dictionaries) {
  const auto same = [](const std::string& text) { return text; };
  return merged<std::string>(dictionaries, same, same);
}

MergedTexts merge_classes(const std::vector<const Dictionary*>& dictionaries) {
  std::int64_t value;
  for (const Dictionary* dictionary : dictionaries)
    for (const std::string& text : dictionary->texts())
      if (!is_integer(text, &value)) return merge_levels(dictionaries);
  return merged<std::int64_t>(dictionaries, integer_of,
                              [](const std::int64_t& v) { return std::to_string(v); });
}

std::string listed(const std::vector<std::string>& texts) {
  constexpr std::size_t kShown = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(texts.size(), kShown); ++i)
    out += (i == 0 ? "" : ", ") + io::quoted_text(texts[i]);
  if (texts.size() > kShown) out += ", ... (" + std::to_string(texts.size()) + " in all)";
  return out;
}

}  // namespace crossent::training
