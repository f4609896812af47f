# Flags of every target of ours: warnings are errors, results are reproducible.
add_library(crossent_flags INTERFACE)
target_compile_options(crossent_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
  -ffp-contract=off -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)  # g++ 12 warns falsely of "text" + std::string
  target_compile_options(crossent_flags INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(crossent_flags INTERFACE -Wno-unknown-pragmas -Wno-pass-failed)
endif()
if(CROSSENT_SANITIZE)
  target_compile_options(crossent_flags INTERFACE -fsanitize=${CROSSENT_SANITIZE}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  target_link_options(crossent_flags INTERFACE -fsanitize=${CROSSENT_SANITIZE})
endif()
