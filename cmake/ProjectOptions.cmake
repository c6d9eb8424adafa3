# What every target of the project is compiled with.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)

add_library(project_options INTERFACE)
target_compile_options(project_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CROWD_CONFLUENCE_WERROR)
  target_compile_options(project_options INTERFACE -Werror)
endif()
if(CROWD_CONFLUENCE_ASSERTIONS OR CROWD_CONFLUENCE_SANITIZE)
  # All build types but Debug and None define NDEBUG.
  target_compile_options(project_options INTERFACE -UNDEBUG -D_GLIBCXX_ASSERTIONS)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 takes "text" + std::string for an overlapping copy (https://gcc.gnu.org/PR105651).
    target_compile_options(project_options INTERFACE -Wno-restrict)
  endif()
  # A GNU-unique symbol would keep a replaced module or library mapped after a graceful restart.
  target_compile_options(project_options INTERFACE -fno-gnu-unique)
  # Nobody puts another function in the place of one that core exports, so it may be inlined there.
  target_compile_options(project_options INTERFACE -fno-semantic-interposition -fno-plt)
endif()

if(CROWD_CONFLUENCE_SANITIZE)
  if(NOT CROWD_CONFLUENCE_SANITIZE MATCHES "^(address|thread)$")
    message(FATAL_ERROR "CROWD_CONFLUENCE_SANITIZE must be address, thread or empty")
  endif()
  target_compile_options(project_options INTERFACE
    -fsanitize=${CROWD_CONFLUENCE_SANITIZE} -fno-omit-frame-pointer)
  # httpd unloads the module before the sanitizer writes its last reports, which need the symbols.
  target_link_options(project_options INTERFACE
    -fsanitize=${CROWD_CONFLUENCE_SANITIZE} -Wl,-z,nodelete)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CROWD_CONFLUENCE_SANITIZE STREQUAL "thread")
    # GCC warns that ThreadSanitizer does not know fences. Between those of the session table every
    # word is atomic by itself, and Asio has locks around its own: no race is made up.
    target_compile_options(project_options INTERFACE -Wno-tsan)
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What AddressSanitizer adds confuses GCC 12 about the insides of std::regex.
    target_compile_options(project_options INTERFACE -Wno-maybe-uninitialized)
  else()
    # GCC says by itself which sanitizer is at work.
    string(TOUPPER ${CROWD_CONFLUENCE_SANITIZE} sanitizer)
    target_compile_definitions(project_options INTERFACE __SANITIZE_${sanitizer}__=1)
  endif()
endif()

# Only read when headers take longer to compile than what they are included for: without optimization,
# for a sanitizer. Everywhere else each file proves that it includes what it needs.
function(precompile_standard_headers target)
  if(CROWD_CONFLUENCE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(headers)
    foreach(header algorithm atomic chrono functional memory mutex optional string string_view variant
        vector)
      list(APPEND headers "$<$<COMPILE_LANGUAGE:CXX>:<${header}$<ANGLE-R>>")
    endforeach()
    target_precompile_headers(${target} PRIVATE ${headers})
  endif()
endfunction()
