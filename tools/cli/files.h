#pragma once
#include <string>

// Which file a path names: outputs may replace no input and not the answer.
namespace crossent::cli {

/// Whether something plain stands there; links are followed, "-" is standard input.
bool is_plain_file(const std::string& path);

/// Whether two paths lead to the same plain file, there or still to be made.
bool same_file(const std::string& a, const std::string& b);

/// Whether an output goes where the answer goes: standard output by one of its names, or the plain
/// file behind it.
bool is_stdout(const std::string& path);

/// ".svg" of "a/b.SVG": from the last dot of the name on, in small letters; "": it has none.
std::string ending_of(const std::string& path);

/// Refuses the name of a figure that does not end in .svg. Devices and "-" have no ending.
void check_figure_name(const std::string& flag, const std::string& path);

}  // namespace crossent::cli
