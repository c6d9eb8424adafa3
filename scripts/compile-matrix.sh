#!/bin/bash
# Usage: scripts/compile-matrix.sh [--no-tests] [--compilers "C++-COMPILER…"] [VARIANT…]
#
# Compiles module, core and tests with each compiler and in each variant, every warning taken for an
# error, and prints a table. Status 0 if all that could be tried compiled, and something could.
#
#   VARIANT       RelWithDebInfo, Release, Debug (CMake's build types), debian or fedora (the flags with
#                 which these distributions build packages, link-time optimization included);
#                 default: all of them
#   --compilers   default: those of g++-11, g++-12, g++-13, g++-14 and clang++-14 that are installed,
#                 or else g++ and clang++
#   --no-tests    module and core only
#
# BUILD_ROOT names the directory to build in (default: build, beside this folder); the output of each
# build stands there in matrix/COMPILER-VARIANT.log. A build that worked is removed. The whole takes
# hours on two cores.

set -uo pipefail
cd "$(dirname "$0")/.." || exit

readonly kVariants=(RelWithDebInfo Release Debug debian fedora)
readonly kCompilers=(g++-11 g++-12 g++-13 g++-14 clang++-14)
# From Fedora's and RHEL 9's redhat-rpm-config.
readonly kFedora="-O2 -flto=auto -ffat-lto-objects -fexceptions -g -grecord-gcc-switches -pipe -Wall \
-Werror=format-security -Wp,-D_FORTIFY_SOURCE=2 -Wp,-D_GLIBCXX_ASSERTIONS -fstack-protector-strong \
-m64 -march=x86-64-v2 -fasynchronous-unwind-tables -fstack-clash-protection -fcf-protection"
readonly kFedoraLinks="-Wl,-z,relro -Wl,--as-needed -Wl,-z,now"
# From dpkg-buildflags of Debian 12 with hardening=+all and optimize=+lto, where it is not installed.
readonly kDebian="-g -O2 -flto=auto -ffat-lto-objects -fstack-protector-strong -Wformat \
-Werror=format-security -Wdate-time -D_FORTIFY_SOURCE=2"
readonly kDebianLinks="-flto=auto -ffat-lto-objects -Wl,-z,relro -Wl,-z,now"

# For Clang, without what it does not know. It writes one kind of object or the other.
for_compiler() {
  local flags=$2
  if [[ $1 == *clang* ]]; then
    flags=${flags//-flto=auto/-flto=thin}
    flags=${flags//-ffat-lto-objects/}
    flags=${flags//-grecord-gcc-switches/}
  fi
  echo "$flags"
}

debian_flags() {
  DEB_BUILD_MAINT_OPTIONS="hardening=+all optimize=+lto" dpkg-buildflags --get "$1" 2>/dev/null
}

# arguments VARIANT COMPILER : CMake's, one a line.
arguments() {
  local flags links
  case $1 in
    debian)
      flags="$(debian_flags CXXFLAGS) $(debian_flags CPPFLAGS)"
      links=$(debian_flags LDFLAGS)
      [[ $flags == *-O2* ]] || { flags=$kDebian links=$kDebianLinks; }
      ;;
    fedora)
      flags=$kFedora
      links=$kFedoraLinks
      ;;
    *)
      echo "-DCMAKE_BUILD_TYPE=$1"
      return
      ;;
  esac
  flags=$(for_compiler "$2" "$flags")
  links=$(for_compiler "$2" "$links")
  if [[ $2 == *clang* ]] && [[ $flags == *-flto* ]] && command -v ld.lld >/dev/null; then
    links+=" -fuse-ld=lld"
  fi
  # With link-time optimization some warnings come no earlier than from the linker. CMake has it link
  # with the flags of compiling, and so with -Werror.
  printf '%s\n' -DCMAKE_BUILD_TYPE=None "-DCMAKE_CXX_FLAGS=$flags" "-DCMAKE_C_FLAGS=$flags" \
    "-DCMAKE_EXE_LINKER_FLAGS=$links -Werror" "-DCMAKE_SHARED_LINKER_FLAGS=$links -Werror" \
    "-DCMAKE_MODULE_LINKER_FLAGS=$links -Werror"
}

# try COMPILER VARIANT : compiles, into a log.
try() {
  local compiler=$1 variant=$2 directory=$root/$1-$2 options
  mapfile -t options < <(arguments "$variant" "$compiler")
  rm -rf "$directory"
  {
    cmake -S . -B "$directory" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
      -DCMAKE_C_COMPILER="$(c_compiler "$compiler")" -DCROWD_CONFLUENCE_WERROR=ON \
      -DBUILD_TESTING="$tests" "${options[@]}" &&
      # All that fails, not only the first.
      cmake --build "$directory" -- -k 0
  } >"$directory.log" 2>&1 || return 1
  rm -rf "$directory"
}

c_compiler() {
  case $1 in
    *clang++*) echo "${1/clang++/clang}" ;;
    *) echo "${1/g++/gcc}" ;;
  esac
}

tests=ON
compilers=()
variants=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    --no-tests) tests=OFF ;;
    --compilers)
      read -ra compilers <<<"${2-}"
      shift
      ;;
    *)
      [[ " ${kVariants[*]} " == *" $1 "* ]] || {
        echo "$0: unknown variant '$1': ${kVariants[*]}" >&2
        exit 2
      }
      variants+=("$1")
      ;;
  esac
  shift
done
[ ${#variants[@]} -gt 0 ] || variants=("${kVariants[@]}")
if [ ${#compilers[@]} -eq 0 ]; then
  for compiler in "${kCompilers[@]}"; do
    command -v "$compiler" >/dev/null && compilers+=("$compiler")
  done
  [ ${#compilers[@]} -gt 0 ] || compilers=(g++ clang++)
fi

root=$(realpath -m "${BUILD_ROOT:-build}")/matrix
mkdir -p "$root"
printf '%-12s %-15s %s\n' compiler variant result
tried=0
status=0
for compiler in "${compilers[@]}"; do
  if ! command -v "$compiler" >/dev/null; then
    printf '%-12s %-15s %s\n' "$compiler" "" "is not installed"
    status=1
    continue
  fi
  for variant in "${variants[@]}"; do
    start=$SECONDS
    tried=$((tried + 1))
    if try "$compiler" "$variant"; then
      result="compiles ($((SECONDS - start)) s)"
    else
      result="fails: $(grep -cE '(error|warning):|^FAILED' "$root/$compiler-$variant.log") lines, see matrix/$compiler-$variant.log"
      status=1
    fi
    printf '%-12s %-15s %s\n' "$compiler" "$variant" "$result"
  done
done
[ "$tried" -gt 0 ] || status=1
exit "$status"
