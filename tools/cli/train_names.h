#pragma once
#include <cstddef>

#include "crossent/dataset.h"
#include "crossent/train.h"

// The words of the options of `crossent train` and what they stand for.
namespace crossent::cli {

template <class E>
struct Word {
  const char* text;
  E value;
};
inline constexpr Word<HiddenActivation> kActivations[] = {{"tanh", HiddenActivation::tanh},
                                                          {"sigmoid", HiddenActivation::sigmoid},
                                                          {"relu", HiddenActivation::relu},
                                                          {"gelu", HiddenActivation::gelu},
                                                          {"identity", HiddenActivation::identity}};
inline constexpr Word<Activation> kOutputs[] = {{"softmax", Activation::softmax},
                                                {"sigmoid", Activation::sigmoid}};
inline constexpr Word<Cost> kCosts[] = {
    {"ce", Cost::cross_entropy}, {"mse", Cost::squared_error}, {"focal", Cost::focal}};
inline constexpr Word<SquaredOn> kOns[] = {{"probabilities", SquaredOn::probabilities},
                                           {"logits", SquaredOn::logits}};
inline constexpr Word<SquaredGradient> kGradients[] = {{"exact", SquaredGradient::exact},
                                                       {"diagonal", SquaredGradient::diagonal}};
inline constexpr Word<Optimizer> kOptimizers[] = {{"sgd", Optimizer::sgd},
                                                  {"adam", Optimizer::adam},
                                                  {"adamw", Optimizer::adamw},
                                                  {"lbfgs", Optimizer::lbfgs}};
inline constexpr Word<Schedule> kSchedules[] = {
    {"constant", Schedule::constant}, {"step", Schedule::step}, {"cosine", Schedule::cosine}};
inline constexpr Word<Initialization> kInits[] = {
    {"automatic", Initialization::automatic}, {"zero", Initialization::zero},
    {"glorot", Initialization::glorot},       {"he", Initialization::he},
    {"normal", Initialization::normal},       {"uniform", Initialization::uniform}};

inline constexpr Word<Header> kHeaders[] = {
    {"auto", Header::automatic}, {"yes", Header::yes}, {"no", Header::no}};

template <class E, std::size_t N>
const char* word_of(const Word<E> (&words)[N], E value) {
  for (const Word<E>& w : words)
    if (w.value == value) return w.text;
  return "";
}

}  // namespace crossent::cli
