# Asks apxs how the installed httpd was built, and where it expects modules and their configuration.
#
# Input, all optional, as cache variables:
#   APXS_EXECUTABLE     the apxs of the httpd to build for, when there are several
#   APACHE_LIBEXECDIR   directory of the modules
#   APACHE_SYSCONFDIR   directory of the main configuration file
#   APACHE_LAYOUT       debian, redhat or plain: how the configuration is divided into files
#   APACHE_HTTPD        the server itself, for the tests
#   APACHE_LOAD_FILE    where the LoadModule line is installed
#   APACHE_SAMPLE_FILE  where the commented sample is installed
# Each default is an absolute path: CMAKE_INSTALL_PREFIX leaves it alone, DESTDIR moves it.
#
# Output: the variables above and the target Apache::httpd (include directories and definitions;
# a module links nothing of httpd).

include_guard(GLOBAL)

find_program(APXS_EXECUTABLE NAMES apxs apxs2
  HINTS /usr/bin /usr/sbin /usr/local/apache2/bin /opt/apache2/bin
  DOC "The apxs of the httpd to build for")
if(NOT APXS_EXECUTABLE)
  message(FATAL_ERROR "apxs was not found. Install it (Debian: apache2-dev, RHEL: httpd-devel), "
    "or tell where it is with -DAPXS_EXECUTABLE=PATH")
endif()

# Runs a command of httpd's developers' tools. Warnings (a missing locale makes Perl chatty) go to
# stderr and are dropped; of stdout the last line that says something is the answer.
function(_apache_ask result command)
  execute_process(COMMAND ${command} ${ARGN}
    OUTPUT_VARIABLE output ERROR_QUIET RESULT_VARIABLE status)
  set(answer "")
  if(status EQUAL 0)
    string(REGEX REPLACE "[\r\n]+" ";" lines "${output}")
    foreach(line IN LISTS lines)
      string(STRIP "${line}" line)
      if(line)
        set(answer "${line}")
      endif()
    endforeach()
  endif()
  set(${result} "${answer}" PARENT_SCOPE)
endfunction()

# The answer if it is an absolute path, or else the fallback.
function(_apache_ask_path result key fallback)
  _apache_ask(answer "${APXS_EXECUTABLE}" -q ${key})
  if(NOT IS_ABSOLUTE "${answer}")
    set(answer "${fallback}")
  endif()
  set(${result} "${answer}" PARENT_SCOPE)
endfunction()

_apache_ask_path(_apache_includedir INCLUDEDIR "")
_apache_ask_path(_apache_libexecdir LIBEXECDIR "")
_apache_ask_path(_apache_sysconfdir SYSCONFDIR "")
_apache_ask_path(_apache_sbindir SBINDIR /usr/sbin)
_apache_ask_path(_apache_bindir BINDIR /usr/bin)
_apache_ask(_apache_progname "${APXS_EXECUTABLE}" -q progname)

if(NOT EXISTS "${_apache_includedir}/httpd.h")
  message(FATAL_ERROR "${APXS_EXECUTABLE} names '${_apache_includedir}' as httpd's include "
    "directory, but it holds no httpd.h")
endif()

set(_apache_flags "")
foreach(_apache_tool IN ITEMS APR APU)
  _apache_ask_path(_apache_config ${_apache_tool}_CONFIG "")
  if(NOT EXISTS "${_apache_config}")
    string(TOLOWER ${_apache_tool} _apache_name)
    unset(_apache_found)
    find_program(_apache_found NAMES ${_apache_name}-1-config ${_apache_name}-config
      HINTS ${_apache_bindir} NO_CACHE)
    set(_apache_config "${_apache_found}")
  endif()
  if(NOT _apache_config)
    message(FATAL_ERROR "${_apache_tool}'s config tool was not found. Install "
      "Debian: libapr1-dev libaprutil1-dev, RHEL: apr-devel apr-util-devel")
  endif()
  _apache_ask(_apache_answer "${_apache_config}" --includes)
  string(APPEND _apache_flags " ${_apache_answer}")
  if(_apache_tool STREQUAL "APR")
    # apu-1-config knows no --cppflags.
    _apache_ask(_apache_answer "${_apache_config}" --cppflags)
    string(APPEND _apache_flags " ${_apache_answer}")
  endif()
endforeach()
_apache_ask(_apache_answer "${APXS_EXECUTABLE}" -q EXTRA_CPPFLAGS)
string(APPEND _apache_flags " ${_apache_answer}")

set(_apache_includes "${_apache_includedir}")
set(_apache_definitions "")
separate_arguments(_apache_flags UNIX_COMMAND "${_apache_flags}")
foreach(_apache_flag IN LISTS _apache_flags)
  # As a system directory /usr/include would come before the compiler's own; and hardening flags
  # are the business of whoever builds, not of how httpd was built.
  if(_apache_flag MATCHES "^(-I/usr/include/?|-D_FORTIFY_SOURCE.*)$")
    continue()
  elseif(_apache_flag MATCHES "^-I(/.+)$")
    list(APPEND _apache_includes "${CMAKE_MATCH_1}")
  elseif(_apache_flag MATCHES "^-D(.+)$")
    list(APPEND _apache_definitions "${CMAKE_MATCH_1}")
  endif()
endforeach()
list(REMOVE_DUPLICATES _apache_includes)
list(REMOVE_DUPLICATES _apache_definitions)

if(NOT TARGET Apache::httpd)
  add_library(Apache::httpd INTERFACE IMPORTED GLOBAL)
  target_include_directories(Apache::httpd SYSTEM INTERFACE ${_apache_includes})
  target_compile_definitions(Apache::httpd INTERFACE ${_apache_definitions})
endif()

set(APACHE_LIBEXECDIR "${_apache_libexecdir}" CACHE PATH "Directory of httpd's modules")
set(APACHE_SYSCONFDIR "${_apache_sysconfdir}" CACHE PATH "Directory of httpd's main configuration")
foreach(_apache_directory IN ITEMS APACHE_LIBEXECDIR APACHE_SYSCONFDIR)
  if(NOT IS_ABSOLUTE "${${_apache_directory}}")
    message(FATAL_ERROR "${APXS_EXECUTABLE} does not tell the directory for ${_apache_directory}; "
      "set it with -D${_apache_directory}=PATH")
  endif()
endforeach()

# The layout is that of the installed httpd, even if APACHE_SYSCONFDIR points to an empty place.
# Debian calls httpd apache2; the directory comes with a package that building does not need.
if(EXISTS "${_apache_sysconfdir}/mods-available" OR _apache_progname STREQUAL "apache2")
  set(_apache_layout debian)
elseif(EXISTS "${_apache_sysconfdir}/../conf.modules.d")
  set(_apache_layout redhat)
else()
  set(_apache_layout plain)
endif()
set(APACHE_LAYOUT "${_apache_layout}" CACHE STRING
  "Division of the configuration: debian, redhat or plain")
set_property(CACHE APACHE_LAYOUT PROPERTY STRINGS debian redhat plain)

if(APACHE_LAYOUT STREQUAL "debian")
  set(_apache_load_file "${APACHE_SYSCONFDIR}/mods-available/crowd_confluence.load")
  set(_apache_sample_file "${APACHE_SYSCONFDIR}/mods-available/crowd_confluence.conf")
elseif(APACHE_LAYOUT STREQUAL "redhat")
  get_filename_component(_apache_parent "${APACHE_SYSCONFDIR}" DIRECTORY)
  set(_apache_load_file "${_apache_parent}/conf.modules.d/10-crowd_confluence.conf")
  set(_apache_sample_file "${_apache_parent}/conf.d/crowd_confluence.conf")
elseif(APACHE_LAYOUT STREQUAL "plain")
  set(_apache_load_file "${APACHE_SYSCONFDIR}/extra/crowd_confluence.load")
  set(_apache_sample_file "${APACHE_SYSCONFDIR}/extra/crowd_confluence.conf")
else()
  message(FATAL_ERROR "APACHE_LAYOUT must be debian, redhat or plain, not '${APACHE_LAYOUT}'")
endif()
set(APACHE_LOAD_FILE "${_apache_load_file}" CACHE FILEPATH "Where the LoadModule line is installed")
set(APACHE_SAMPLE_FILE "${_apache_sample_file}" CACHE FILEPATH "Where the sample is installed")

find_program(APACHE_HTTPD NAMES ${_apache_progname} httpd apache2
  HINTS ${_apache_sbindir} /usr/sbin /usr/local/sbin
  DOC "The server, for the tests")
if(NOT APACHE_HTTPD)
  message(STATUS "httpd itself was not found: the module can be built, but not tested here")
endif()
