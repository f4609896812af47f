#include "crossent/version.h"

namespace crossent {

const char* version() { return CROSSENT_VERSION; }

}  // namespace crossent
