# crossent_accuracy measures the largest errors and writes docs/accuracy.md (./dev accuracy).
file(GLOB accuracy_sources CONFIGURE_DEPENDS accuracy/*.cc)
add_executable(crossent_accuracy ${accuracy_sources})
target_include_directories(crossent_accuracy PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}
                                                     ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(crossent_accuracy PRIVATE crossent crossent_precise crossent_flags)
