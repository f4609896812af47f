#pragma once
#include <cstdint>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace crossent::bench {

/// name=value words, of a command line or of a line of input; every one must be asked for.
class Arguments {
 public:
  Arguments(int argc, char** argv) : Arguments(std::vector<std::string>(argv + 1, argv + argc)) {}
  explicit Arguments(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) throw std::invalid_argument(word + " is not name=value");
      values_[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }

  std::string text(const std::string& name, const std::string& fallback) {
    const auto found = values_.find(name);
    if (found == values_.end()) return fallback;
    std::string value = found->second;
    values_.erase(found);
    return value;
  }
  double number(const std::string& name, double fallback) {
    const std::string value = text(name, "");
    if (value.empty()) return fallback;
    char* end = nullptr;
    const double v = std::strtod(value.c_str(), &end);
    if (*end != 0) throw std::invalid_argument(name + "=" + value + " is not a number");
    return v;
  }
  std::int64_t integer(const std::string& name, std::int64_t fallback) {
    return static_cast<std::int64_t>(number(name, static_cast<double>(fallback)));
  }
  void refuse_others() const {
    if (!values_.empty()) throw std::invalid_argument("no argument " + values_.begin()->first);
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace crossent::bench
