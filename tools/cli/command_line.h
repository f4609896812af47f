#pragma once
#include <string>
#include <vector>

// Command lines that the program prints, to be pasted into a shell.
namespace crossent::cli {

/// 'text' with its quotes escaped, for every sh.
std::string sh_quoted(const std::string& text);

/// 'text' as one word, quoted where it has to be. What could drive the terminal stands as \xNN in
/// $'..', which bash, zsh and ksh read.
std::string shell_word(const std::string& text);

/// The command of these arguments with `--resume checkpoint` in place of the --resume it has, if
/// any.
std::string resume_command(const std::vector<std::string>& arguments,
                           const std::string& checkpoint);

}  // namespace crossent::cli
