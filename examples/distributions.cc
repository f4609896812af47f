// Entropy, cross-entropy and what a forecast costs, in nats and bits.
#include <cstdio>
#include <vector>

#include "crossent/crossent.h"

int main() {
  const std::vector<double> p = {0.15, 0.35, 0.25, 0.25};  // the truth
  const std::vector<double> q = {0.20, 0.40, 0.30, 0.10};  // the model
  std::printf("H(p)     %.15g nats\n", crossent::entropy(p));
  std::printf("H(p, q)  %.15g nats\n", crossent::cross_entropy(p, q));
  std::printf("KL       %.15g nats: what the wrong model costs\n", crossent::kl_divergence(p, q));
  std::printf("H(p)     %.15g bits\n", crossent::entropy(p, {.base = 2}));

  const std::vector<double> counts = {26, 4};
  std::printf("26 to 4  %.15g bits\n", crossent::entropy_from_counts(counts, 2));
  const auto normal = crossent::Density::normal(0, 1);
  std::printf("N(0, 1)  %.15g nats\n", crossent::entropy(normal));
  const std::vector<double> events = {0.7, 0.8, 0.97};
  std::printf("joint    %.15g, -log %.15g nats\n", crossent::joint_likelihood(events).probability,
              crossent::joint_likelihood(events).nll);
}
