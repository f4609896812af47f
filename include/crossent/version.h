#pragma once

#define CROSSENT_VERSION_MAJOR 0
#define CROSSENT_VERSION_MINOR 1
#define CROSSENT_VERSION_PATCH 0
#define CROSSENT_VERSION "0.1.0"

namespace crossent {

/// The version of the library that is linked (CROSSENT_VERSION is the header's).
const char* version();

}  // namespace crossent
