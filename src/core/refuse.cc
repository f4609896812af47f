#include "core/refuse.h"

#include <charconv>
#include <cmath>

#include "crossent/error.h"

namespace crossent {

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  char text[32];
  // As it is counted: the shortest text of 100000 is 1e+05.
  if (std::fabs(value) <= 0x1p53 && value == std::trunc(value))
    return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr};
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

void refuse(std::string_view op, std::string_view argument, std::string_view what, std::int64_t row,
            std::int64_t column) {
  std::string message = "[";
  message.append(op).append("] ").append(what);
  throw ValueError(message, std::string(argument), row, column);
}

void refuse_value(std::string_view op, std::string_view argument, double value,
                  std::string_view what, std::int64_t row, std::int64_t column) {
  std::string place(argument);
  for (const std::int64_t index : {row, column})
    if (index >= 0) place.append("[").append(std::to_string(index)).append("]");
  refuse(op, argument, place.append(" = ").append(number_text(value)).append(" ").append(what), row,
         column);
}

}  // namespace crossent
