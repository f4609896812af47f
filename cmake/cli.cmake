find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)

# Everything but main() is a library, so that tests and fuzzers reach it.
file(GLOB cli_sources CONFIGURE_DEPENDS tools/cli/*.cc tools/cli/output/*.cc)
list(REMOVE_ITEM cli_sources ${PROJECT_SOURCE_DIR}/tools/cli/main.cc)
if(cli_sources)
  add_library(crossent_cli_objects STATIC ${cli_sources})
  # src: io/output_file.h, which writes files atomically.
  target_include_directories(crossent_cli_objects PUBLIC tools PRIVATE src)
  target_link_libraries(crossent_cli_objects PUBLIC crossent CLI11::CLI11 fmt::fmt
                                                    nlohmann_json::nlohmann_json
                                             PRIVATE crossent_flags)
  if(CROSSENT_QUICK)
    target_compile_options(crossent_cli_objects PRIVATE -O0)
    target_precompile_headers(crossent_cli_objects PRIVATE <fmt/format.h> <nlohmann/json.hpp>)
  endif()
  # g++ 12 warns of "literal" + std::string (GCC bug 105651).
  target_compile_options(crossent_cli_objects PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  set_source_files_properties(tools/cli/info.cc PROPERTIES COMPILE_DEFINITIONS
    "CROSSENT_COMPILER=\"${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}\";\
CROSSENT_HIGHWAY_VERSION=\"${hwy_VERSION}\";CROSSENT_OPENMP_VERSION=\"${OpenMP_CXX_VERSION}\";\
CROSSENT_ZLIB_VERSION=\"${ZLIB_VERSION_STRING}\";CROSSENT_ZSTD_VERSION=\"${zstd_VERSION}\";\
CROSSENT_FMT_VERSION=\"${fmt_VERSION}\";CROSSENT_JSON_VERSION=\"${nlohmann_json_VERSION}\"")
  add_executable(crossent_cli tools/cli/main.cc)
  target_link_libraries(crossent_cli PRIVATE crossent_cli_objects crossent_flags)
  set_target_properties(crossent_cli PROPERTIES OUTPUT_NAME crossent
                                                RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endif()
