# The program as a user sees it: recorded terminal output, and the values of the introductions.
if(TARGET crossent_cli)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(cli_tests ${CMAKE_CURRENT_SOURCE_DIR}/cli)
  add_test(NAME cli_golden COMMAND ${Python3_EXECUTABLE} ${cli_tests}/golden.py
                                   $<TARGET_FILE:crossent_cli>)
  add_test(NAME cli_explain_values COMMAND ${Python3_EXECUTABLE} ${cli_tests}/explain_values.py
                                           $<TARGET_FILE:crossent_cli>)
  add_test(NAME cli_eval_program COMMAND ${Python3_EXECUTABLE} ${cli_tests}/eval_program.py
                                         $<TARGET_FILE:crossent_cli>
                                         ${CROSSENT_SANITIZE})
  add_test(NAME cli_train_program COMMAND ${Python3_EXECUTABLE} ${cli_tests}/train_program.py
                                          $<TARGET_FILE:crossent_cli> ${PROJECT_SOURCE_DIR}/data
                                          ${CROSSENT_SANITIZE})
  set_tests_properties(cli_golden cli_explain_values cli_eval_program cli_train_program
                       PROPERTIES LABELS fast)
endif()
