# The installed package builds and runs a consumer, by find_package and by pkg-config. (Sanitizer
# builds skip the label `package`: a consumer knows nothing of their flags.)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME install
         COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/install/install_test.py
                 --build ${PROJECT_BINARY_DIR} --cmake ${CMAKE_COMMAND}
                 --compiler ${CMAKE_CXX_COMPILER})
add_test(NAME public_headers
         COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/install/headers_test.py
                 ${CMAKE_CXX_COMPILER} ${PROJECT_SOURCE_DIR}/include)
set_tests_properties(install public_headers PROPERTIES LABELS package)
