# cmake --install: library, headers, program, CMake package, pkg-config file.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/crossent)

install(TARGETS crossent EXPORT crossent_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/crossent DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
install(EXPORT crossent_targets FILE crossent-targets.cmake NAMESPACE crossent::
        DESTINATION ${package_dir})

# Before 1.0 a new minor version may change the interface.
configure_package_config_file(cmake/crossent-config.cmake.in crossent-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(crossent-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/crossent-config.cmake
              ${PROJECT_BINARY_DIR}/crossent-config-version.cmake DESTINATION ${package_dir})

# The prefix comes from the file's own place, so the installed tree can be moved.
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(cmake/crossent.pc.in crossent.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/crossent.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET crossent_cli)
  file(RELATIVE_PATH bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(crossent_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
  install(TARGETS crossent_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

  # The manual page and the completions come from the program's own table of options.
  set(share ${PROJECT_BINARY_DIR}/share)
  set(pages man crossent.1 bash crossent.bash zsh _crossent fish crossent.fish)
  file(MAKE_DIRECTORY ${share})
  while(pages)
    list(POP_FRONT pages kind file)
    add_custom_command(OUTPUT ${share}/${file} DEPENDS crossent_cli VERBATIM
                       COMMAND crossent_cli completions ${kind} > ${share}/${file})
    list(APPEND generated ${share}/${file})
  endwhile()
  add_custom_target(crossent_pages ALL DEPENDS ${generated})
  install(FILES ${share}/crossent.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  set(data ${CMAKE_INSTALL_DATADIR})
  install(FILES ${share}/crossent.bash DESTINATION ${data}/bash-completion/completions
          RENAME crossent)
  install(FILES ${share}/_crossent DESTINATION ${data}/zsh/site-functions)
  install(FILES ${share}/crossent.fish DESTINATION ${data}/fish/vendor_completions.d)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
