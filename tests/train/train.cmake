# Exported models, read by the libraries that others read them with.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_executable(crossent_model_writer train/model_writer.cc)
target_include_directories(crossent_model_writer PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(crossent_model_writer PRIVATE crossent nlohmann_json::nlohmann_json
                                                    crossent_flags)
add_test(NAME train_onnx
         COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/train/onnx_test.py
                 $<TARGET_FILE:crossent_model_writer>)
set_tests_properties(train_onnx PROPERTIES LABELS package)
