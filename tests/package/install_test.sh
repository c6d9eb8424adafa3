#!/bin/bash
# What `cmake --install` leaves behind, and whether it can be used from there.

. "$(dirname "$0")/checks.sh"

root=$scratch/root
check "cmake --install succeeds" env DESTDIR="$root" "$CMAKE" --install "$BUILD_DIR"

module=$root$MODULE_DIR/mod_crowd_confluence.so
library=$root$LIBRARY_DIR/libcrowd_confluence.so

check "the module lies among httpd's modules" test -f "$module"
check "the LoadModule line is installed" test -f "$root$LOAD_FILE"
check "the sample is installed" test -f "$root$SAMPLE_FILE"
check "the license is installed" test -f "$root$DOCUMENTATION_DIR/LICENSE"
check "the README is installed" test -f "$root$DOCUMENTATION_DIR/README.md"
check "the installation guide is installed" test -f "$root$DOCUMENTATION_DIR/docs/install.md"

# What tests/docs looks for in the source, in what was installed of it.
links_lead_somewhere() {
  PYTHONPATH=$SOURCE_DIR/tests/docs SOURCE_DIR=$root$DOCUMENTATION_DIR \
    python3 -B -c 'import docs_test, sys; docs_test.check_links(); sys.exit(docs_test.failed > 0)'
}
check "the links of the installed documents lead somewhere" links_lead_somewhere

check "the LoadModule line names the installed module" \
  same "LoadModule crowd_confluence_module $MODULE_DIR/mod_crowd_confluence.so" \
  "$(grep -v '^#' "$root$LOAD_FILE")"
check "the sample changes nothing as installed" \
  same "" "$(grep -v -e '^#' -e '^$' "$root$SAMPLE_FILE" || true)"
check "no placeholder is left in the configuration" \
  same "" "$(grep -h '@[A-Za-z_]*@' "$root$LOAD_FILE" "$root$SAMPLE_FILE" || true)"

check "the module exports its record and nothing else" \
  same crowd_confluence_module "$(exported_symbols "$module")"
check "the module has no run path into the build" no_run_path "$module"

if [ "$SHARED" = 1 ]; then
  check "the library carries its SONAME" \
    same "libcrowd_confluence.so.$SOVERSION" "$(dynamic_tag "$library.$VERSION" SONAME)"
  check "its SONAME leads to it" \
    same "libcrowd_confluence.so.$VERSION" "$(readlink "$library.$SOVERSION")"
  check "the linker's name leads to it" \
    same "libcrowd_confluence.so.$VERSION" "$(basename "$(readlink -f "$library")")"
  check "the module asks for the library by its SONAME" \
    grep -qx "libcrowd_confluence.so.$SOVERSION" <(dynamic_tag "$module" NEEDED)
  check "the library exports its own namespace and nothing else" \
    same "" "$(exported_symbols "$library" | c++filt |
      grep -v -e '^crowd_confluence::' \
        -e '^\(typeinfo\|typeinfo name\|vtable\) for crowd_confluence::' || true)"
  check "the library has no symbol that would keep it mapped" \
    same "" "$(nm --dynamic --defined-only "$library" | grep ' u ' || true)"

  headers=$root$INCLUDE_DIR/crowd_confluence
  check "every public header is installed" \
    same "$(cd "$SOURCE_DIR/core/include/crowd_confluence" && find . -name '*.h' | sort)" \
    "$(cd "$headers" && find . -name '*.h' | sort)"
  (cd "$headers" && find . -name '*.h' -printf '#include <crowd_confluence/%P>\n') \
    >"$scratch/all_headers.cpp"
  check "CMake finds the installed library" \
    "$CMAKE" -S "$SOURCE_DIR/tests/package/program" -B "$scratch/program" \
    -DCMAKE_CXX_COMPILER="$CXX" -DMORE_SOURCES="$scratch/all_headers.cpp" \
    -DCMAKE_PREFIX_PATH="$root/usr;$root/usr/local" -DVERSION="$VERSION"
  check "a program builds against the installed headers and library" \
    "$CMAKE" --build "$scratch/program"
  check "that program runs" \
    same "the SSO cookie is 'abc'
the exchange gives: refused" \
    "$("$scratch/program/program" 'theme=dark; crowd.token_key="abc"' http://127.0.0.1:1)"

  # The same without CMake. As the library is not where it says, but below $root, so are its paths.
  pkg_config() {
    PKG_CONFIG_PATH=$root$LIBRARY_DIR/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
      pkg-config "$@" crowd_confluence
  }
  check "pkg-config knows the library's version" same "$VERSION" "$(pkg_config --modversion)"
  build_with_pkg_config() {
    local flags
    read -ra flags < <(pkg_config --cflags --libs) || return 1
    "$CXX" -std=c++20 -Wall -Wextra -Wpedantic -Werror -o "$scratch/by-pkg-config" \
      "$SOURCE_DIR/tests/package/program/program.cpp" "${flags[@]}" \
      -Wl,-rpath,"$root$LIBRARY_DIR"
  }
  check "a program builds with pkg-config" build_with_pkg_config
  check "that program runs, too" same "the SSO cookie is 'abc'
the exchange gives: refused" \
    "$("$scratch/by-pkg-config" 'theme=dark; crowd.token_key="abc"' http://127.0.0.1:1)"
fi

echo "CrowdConfluence Off" | write_httpd_conf "$scratch/httpd.conf" "$module"
check "httpd loads the installed module" \
  env LD_LIBRARY_PATH="$root$LIBRARY_DIR" "$HTTPD" -t -f "$scratch/httpd.conf"

if [ "$COMMAND" = 1 ]; then
  check "the installed command runs" same "crowd-confluence $VERSION" \
    "$(env LD_LIBRARY_PATH="$root$LIBRARY_DIR" "$root$BIN_DIR/crowd-confluence" --version)"
  check "it has no run path into the build" no_run_path "$root$BIN_DIR/crowd-confluence"
  check "its manual page is installed" test -s "$root$MAN_DIR/man1/crowd-confluence.1"
  check "its completion is installed" \
    bash -n "$root$DATA_DIR/bash-completion/completions/crowd-confluence"
fi

# Tests, the simulator and the demo stay in the build.
check "nothing else is installed" same "" "$(cd "$root" && find . ! -type d | sed 's/^\.//' |
  grep -v -x -F -e "$LOAD_FILE" -e "$SAMPLE_FILE" -e "$MODULE_DIR/mod_crowd_confluence.so" \
    -e "$BIN_DIR/crowd-confluence" -e "$MAN_DIR/man1/crowd-confluence.1" \
    -e "$DATA_DIR/bash-completion/completions/crowd-confluence" |
  grep -v -e "^$LIBRARY_DIR/libcrowd_confluence\.so" -e "^$INCLUDE_DIR/crowd_confluence/" \
    -e "^$LIBRARY_DIR/cmake/crowd_confluence/" \
    -e "^$LIBRARY_DIR/pkgconfig/crowd_confluence\.pc$" -e "^$DOCUMENTATION_DIR/" || true)"
