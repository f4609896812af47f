#pragma once
#include <string>

#include "crossent/model.h"

namespace crossent {

/// Why the columns, the outputs and the architecture do not make a model; empty when they do. Looks
/// at no parameter, so that an architecture which a file merely claims is safe to ask about.
std::string model_fault(const Model& model);

/// Why the outputs do not fit the classes or targets in number and kind; empty when they do. Looks
/// at no name: as cheap as a comparison of shapes.
std::string output_fault(const Model& model);

/// Also the number of parameters and their values, for what is to be written.
/// Errors  ValueError "[op] ..."
void check_model(const Model& model, std::string_view op);

/// The first parameter that is not finite, as "layers.0.weight[1][2] = nan is not finite"; empty:
/// all are. Indices as in files: [output][input].
std::string parameter_fault(const Model& model);

}  // namespace crossent
