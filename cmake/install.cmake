# What `cmake --install BUILD --prefix PREFIX` puts where: docs/library.md.
include(CMakePackageConfigHelpers)

# ---- manual page and completion, by the command itself ----

set(pages ${CMAKE_BINARY_DIR}/pages)
set(page_files)
function(locl_page file)
  add_custom_command(OUTPUT ${pages}/${file} COMMAND locl_command help ${ARGN} > ${pages}/${file}
    DEPENDS locl_command VERBATIM)
  set(page_files ${page_files} ${pages}/${file} PARENT_SCOPE)
endfunction()
file(MAKE_DIRECTORY ${pages}/bash ${pages}/zsh ${pages}/fish)
locl_page(locl.1 --man)
locl_page(bash/locl --completion bash)
locl_page(zsh/_locl --completion zsh)
locl_page(fish/locl.fish --completion fish)
add_custom_target(locl_pages ALL DEPENDS ${page_files})

install(FILES ${pages}/locl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${pages}/bash/locl DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${pages}/zsh/_locl DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${pages}/fish/locl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# ---- command, libraries, headers, what a person reads ----

install(TARGETS locl_command)
install(TARGETS locl_shared EXPORT loclTargets)
install(TARGETS locl EXPORT loclStaticTargets)
install(DIRECTORY include/locl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/locl)
install(FILES src/python/locl.py DESTINATION ${CMAKE_INSTALL_DATADIR}/locl/python)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

# ---- pkg-config ----

# Where the file is, upwards: the installed tree may be moved.
set(pkgconfig ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH up /${pkgconfig} /)
string(REGEX REPLACE "/$" "" up ${up})
# The libraries that liblocl.a calls, and no more: Requires.private would also name those that they call, whose
# development packages need not be there, and which only a program without any shared library needs.
string(JOIN " " private_libraries ${LOCL_DEPS_LDFLAGS} -lOpenCL -lm -pthread)
configure_file(cmake/locl.pc.in locl.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/locl.pc DESTINATION ${pkgconfig})

# ---- find_package(locl) ----

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/locl)
configure_package_config_file(cmake/loclConfig.cmake.in loclConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(loclConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/loclConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/loclConfigVersion.cmake
  DESTINATION ${package})
install(EXPORT loclTargets NAMESPACE locl:: DESTINATION ${package})
install(EXPORT loclStaticTargets NAMESPACE locl:: DESTINATION ${package})
