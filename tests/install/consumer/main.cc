#include <cstdio>
#include <string_view>

#include "crossent/crossent.h"

// Fails unless the installed headers and the installed library are of the same version and work.
int main() {
  const double p[] = {0.5, 0.5};
  const double bits = crossent::entropy(p, {.base = 2});
  std::printf("crossent %s, a fair coin has %g bit\n", crossent::version(), bits);
  return bits == 1 && std::string_view(crossent::version()) == CROSSENT_VERSION ? 0 : 1;
}
