#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crossent/model.h"

// The command that a person may copy from what was printed.
namespace crossent::cli {

/// As one word of a shell command, quoted where it has to be.
std::string shell_word(std::string_view text);

/// What `crossent eval` has to be told of the predictions of `model` beside labels and columns that
/// were kept: "" or " --label ..."; of several targets, for the first. None: a kept column looks
/// like a class.
std::optional<std::string> eval_options(const Model& model, std::span<const std::string> kept = {});

}  // namespace crossent::cli
