#pragma once
#include <string>

#include "crossent/model.h"
#include "train/tensor_file.h"

// Models as tensors and JSON: docs/model-files.md.
namespace crossent {

/// Errors  ValueError as save_model
TensorFile model_tensors(const Model& model);
/// Errors  DataError as load_model; `file` is the name in messages
Model model_of(const TensorFile& tensors, const std::string& file);

}  // namespace crossent
