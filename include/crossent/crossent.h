#pragma once
#if __cplusplus < 202002L
#error "crossent needs C++20: -std=c++20"
#endif
// Everything crossent offers; a program may also include only what it uses.
#include "crossent/binary_cross_entropy.h"
#include "crossent/cpu.h"
#include "crossent/cross_entropy.h"
#include "crossent/dataset.h"
#include "crossent/entropy.h"
#include "crossent/error.h"
#include "crossent/explain.h"
#include "crossent/labels.h"
#include "crossent/model.h"
#include "crossent/options.h"
#include "crossent/relatives.h"
#include "crossent/samples.h"
#include "crossent/scores.h"
#include "crossent/softmax.h"
#include "crossent/squared_error.h"
#include "crossent/statistics.h"
#include "crossent/train.h"
#include "crossent/version.h"
#include "crossent/view.h"
