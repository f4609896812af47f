#pragma once
// Everything crossent offers; a program may also include only what it uses.
#include "crossent/binary_cross_entropy.h"
#include "crossent/cpu.h"
#include "crossent/cross_entropy.h"
#include "crossent/dataset.h"
#include "crossent/entropy.h"
#include "crossent/error.h"
#include "crossent/options.h"
#include "crossent/relatives.h"
#include "crossent/scores.h"
#include "crossent/softmax.h"
#include "crossent/version.h"
#include "crossent/view.h"
