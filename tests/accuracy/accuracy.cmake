# crossent_accuracy measures the largest errors and writes docs/accuracy.md (./dev accuracy).
file(GLOB accuracy_sources CONFIGURE_DEPENDS accuracy/*.cc)
add_executable(crossent_accuracy ${accuracy_sources})
target_include_directories(crossent_accuracy PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}
                                                     ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(crossent_accuracy PRIVATE crossent crossent_precise crossent_flags)
# Every operation's largest error, within its limit on every target; g++ alone runs it.
add_test(NAME accuracy COMMAND crossent_accuracy)
set_tests_properties(accuracy PROPERTIES LABELS package)
