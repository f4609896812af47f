#pragma once
#include <string>
#include <utility>
#include <vector>

#include "train/session.h"

namespace crossent::training {

/// Writes everything that the next step depends on: the file appears whole or the older one stays.
/// Errors  IoError
template <class T>
void save_checkpoint(const std::string& path, const Identity& identity, const State<T>& state);

/// `rows`: of the training. Nothing of `state` changes unless all of the file is good.
/// Errors  IoError; DataError: not a checkpoint, damaged, values that no training has; ValueError
///         naming the first option (or the rows) that differs from those of the checkpoint
template <class T>
void load_checkpoint(const std::string& path, const Identity& identity, const Plan& plan,
                     std::size_t rows, State<T>* state);

}  // namespace crossent::training
