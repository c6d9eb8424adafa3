# With CROWD_CONFLUENCE_SANITIZE the module is tested in an httpd that was built without sanitizer.

set(module_tests_command module_tests)
set(module_tests_environment "")
if(CROWD_CONFLUENCE_SANITIZE)
  if(CROWD_CONFLUENCE_PLAIN_BUILD)
    set(module_tests_command ${CROWD_CONFLUENCE_PLAIN_BUILD}/tests/module/module_tests)
  endif()

  # Those in which threads and processes meet, and in which objects live longer or shorter than the
  # request that made them. Of the others the ordinary build says enough.
  set(suites
    breaker
    concurrency
    dropping
    graceful_restart
    remembering
    renewal
    request_phases
    response)
  # Children of prefork are a thread each, of which a hundred at once would mostly show how slow a
  # sanitizer is; and a module that stays in memory, for its symbols, cannot be replaced.
  list(APPEND module_tests_command
    "--run_test=!concurrency/*_with_prefork"
    "--run_test=!graceful_restart/*_with_prefork"
    "--run_test=!graceful_restart/sessions_survive_the_modules_replacement")

  # What the sanitizer replaces must be there before httpd starts. So must libstdc++, or else the
  # sanitizer does not find whom to pass exceptions on to.
  set(sanitizer_library_address libasan.so)
  set(sanitizer_library_thread libtsan.so)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(sanitizer_library_address libclang_rt.asan-${CMAKE_SYSTEM_PROCESSOR}.so)
    set(sanitizer_library_thread libclang_rt.tsan-${CMAKE_SYSTEM_PROCESSOR}.so)
  endif()
  set(sanitizer_libraries "")
  foreach(library ${sanitizer_library_${CROWD_CONFLUENCE_SANITIZE}} libstdc++.so.6)
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${library}
      OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT IS_ABSOLUTE "${path}")
      message(FATAL_ERROR "${CMAKE_CXX_COMPILER} has no ${library}, which httpd is to start with "
        "(BUILD_TESTING=OFF builds without tests)")
    endif()
    file(REAL_PATH "${path}" path)
    list(APPEND sanitizer_libraries "${path}")
  endforeach()
  list(JOIN sanitizer_libraries ":" sanitizer_libraries)
  set(module_tests_environment
    CROWD_CONFLUENCE_MODULE=$<TARGET_FILE:mod_crowd_confluence>
    SANITIZER_LIBRARIES=${sanitizer_libraries})
endif()

set_source_files_properties(harness/sanitizer.cpp PROPERTIES COMPILE_DEFINITIONS
  SUPPRESSIONS_DIR="${PROJECT_SOURCE_DIR}/tests/suppressions")
