#pragma once
#include <optional>
#include <span>
#include <string>

#include "crossent/model.h"

// The command that a person may copy from what was printed.
namespace crossent::cli {

/// What `crossent eval` has to be told of the predictions of `model` beside labels and columns that
/// were kept: "" or " --label ..."; of several targets, for the first. None: a kept column looks
/// like a class.
std::optional<std::string> eval_options(const Model& model, std::span<const std::string> kept = {});

}  // namespace crossent::cli
