# The examples run and print what stands beside them; the documents' commands run as shown.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(run_docs ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/docs/run_docs.py)

file(GLOB example_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*.cc)
foreach(source ${example_sources})
  get_filename_component(stem ${source} NAME_WE)
  add_executable(example_${stem} ${source})
  target_link_libraries(example_${stem} PRIVATE crossent crossent_flags)
  string(REGEX REPLACE "\\.cc$" ".out" expected ${source})
  add_test(NAME example_${stem}
           COMMAND ${run_docs} --example $<TARGET_FILE:example_${stem}> ${expected})
  set_tests_properties(example_${stem} PROPERTIES LABELS fast)
endforeach()

add_test(NAME figures
         COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/make_figures.py --check
                 $<TARGET_FILE:example_learning_slowdown>)
set_tests_properties(figures PROPERTIES LABELS fast)

# What the measuring scripts wrote is what their results say; nothing is measured.
foreach(script scripts/bench scripts/digits_costs bench/peers/train_peers bench/peers/row_peers)
  get_filename_component(name ${script} NAME)
  add_test(NAME results_${name}
           COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/${script}.py --check)
  set_tests_properties(results_${name} PROPERTIES LABELS fast)
endforeach()

# Tables and polynomials of the kernels are what their definitions give.
add_test(NAME kernel_constants
         COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/kernel_constants.py --check)
set_tests_properties(kernel_constants PROPERTIES LABELS fast)

add_test(NAME bench_rows_judged
         COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/bench/peers/row_test.py)
set_tests_properties(bench_rows_judged PROPERTIES LABELS fast)

add_test(NAME docs_anchors COMMAND ${run_docs} --anchors)
set_tests_properties(docs_anchors PROPERTIES LABELS package)

if(TARGET crossent_cli)
  add_test(NAME docs_every_verb
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/docs/options_test.py
                   $<TARGET_FILE:crossent_cli>)
  set_tests_properties(docs_every_verb PROPERTIES LABELS fast)
  file(GLOB documents CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/*.md ${PROJECT_SOURCE_DIR}/docs/*.md)
  foreach(document ${documents})
    get_filename_component(stem ${document} NAME_WE)
    add_test(NAME docs_${stem} COMMAND ${run_docs} --build ${PROJECT_BINARY_DIR} ${document})
    set_tests_properties(docs_${stem} PROPERTIES LABELS package)
  endforeach()
endif()
