#!/bin/bash
# Installs the packages of Debian 12 or 13 that building, the demo, the tests and the benchmarks need,
# if any is missing.
#
#   scripts/install-build-deps.sh [--list] [demo|test|bench]
#
#   demo    what ./demo.sh needs (the default)
#   test    what ./test.sh needs: the same and more
#   bench   what bench/run.sh compares with, besides what the tests need
#   --list  prints the names of the packages and installs nothing
#
# Asks nothing and needs no terminal. As an ordinary user it uses sudo, and only if something is
# missing. No installed package starts a service, and the system's httpd gets no new modules.
set -euo pipefail

# @ is the version of Boost in the packages' names, see choose_boost.
readonly kDemoPackages=(
  apache2-bin
  apache2-dev
  cmake
  g++
  libboost-json@-dev
  libboost-test@-dev
  libboost@-dev
  libcli11-dev
  libcurl4-openssl-dev
  libsodium-dev
  libssl-dev
  make
  ninja-build
  pkg-config
  python3
)
readonly kTestPackages=(
  "${kDemoPackages[@]}"
  binutils
  clang
  clang-format
  clang-tidy
  curl
  memcached
  openssl
  redis-server
  rpm
  valgrind
)
readonly kBenchPackages=(
  "${kTestPackages[@]}"
  libapache2-mod-auth-cas
  libapache2-mod-auth-openidc
  libapache2-mod-oauth2
  lua-socket
)

# Where Debian's tools look whether a service may be started. It must stand there while apt runs.
readonly kPolicy=/usr/sbin/policy-rc.d
readonly kPolicyMark='# Put here by mod_crowd_confluence while it installs packages.'
# Locked while packages are installed; a folder, so that no lock file stays. dpkg does not lock it.
readonly kLock=/var/lib/dpkg

fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

installed_names() {
  dpkg-query -W -f='${db:Status-Status} ${Package}\n' 'libboost-json*-dev' |
    sed -n 's/^installed //p'
}

# choose_boost COMMAND… : sets boost to what the names of Boost's packages carry, among those that
# the command lists: nothing where Debian's default is new enough to have Boost.JSON, or else the
# newest version beside it. Fails if there is neither.
choose_boost() {
  local names
  names=$("$@" 2>/dev/null | grep -xE 'libboost-json[0-9.]*-dev' | sort -V) || return 1
  if grep -qx libboost-json-dev <<<"$names"; then
    boost=
  else
    boost=$(tail -1 <<<"$names")
    boost=${boost#libboost-json}
    boost=${boost%-dev}
  fi
}

# What is installed stays. Where apt has no lists yet, the names are those of Debian 12 until it has.
name_packages() {
  choose_boost installed_names || choose_boost apt-cache pkgnames libboost-json || boost=1.81
  packages=("${wanted[@]//@/$boost}")
}

find_missing() {
  local package
  missing=()
  for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
  done
}

has_our_policy() {
  grep -qsxF "$kPolicyMark" "$kPolicy"
}

forbid_services() {
  if [[ -e $kPolicy ]] && ! has_our_policy; then
    return  # the machine's owner has a policy: it stays as it is
  fi
  policy_is_ours=true
  printf '#!/bin/sh\n%s\nexit 101\n' "$kPolicyMark" >"$kPolicy"
  chmod 755 "$kPolicy"
}

# Debian's packages of httpd modules switch them on in the system's httpd and restart it, unless its
# administrator has switched them off. That is said here of those that are only to be compared with.
keep_modules_off() {
  [[ -x /usr/sbin/a2query ]] || return 0
  local package module off=/var/lib/apache2/module/disabled_by_admin
  for package in "${missing[@]}"; do
    [[ $package == libapache2-mod-* ]] || continue
    module=${package#libapache2-mod-}
    module=${module//-/_}
    a2query -q -m "$module" && continue
    mkdir -p "$off"
    : >>"$off/$module"
  done
}

clean_up() {
  ! $policy_is_ours || rm -f "$kPolicy"
  rm -f "$log"
}

# On Debian 12, Boost 1.81's headers replace those of 1.74, its default. Nothing else may have to go.
check_removals() {
  local removed
  removed=$(apt-get -s --no-install-recommends install "${missing[@]}" |
    sed -n 's/^Remv \([^ ]*\).*/\1/p') || fail "apt-get cannot install ${missing[*]}"
  [[ -n $removed ]] || return 0
  if grep -qvE '^libboost-?[a-z0-9.-]*-dev$' <<<"$removed"; then
    fail "installing ${missing[*]} would remove these packages: ${removed//$'\n'/ }"
  fi
  echo "The header files of Boost${boost:+ $boost} take the place of others (${removed//$'\n'/ })."
}

install() {
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  local apt=(apt-get -o DPkg::Lock::Timeout=600 -qq)
  # Whoever comes second waits, and then finds nothing missing.
  exec 9<"$kLock"
  flock 9
  # Left by a run that was killed: with the lock held, nobody is installing. For good it would keep
  # the machine's services from starting.
  ! has_our_policy || rm -f "$kPolicy"
  find_missing
  ((${#missing[@]})) || return 0
  log=$(mktemp)
  policy_is_ours=false
  trap clean_up EXIT
  forbid_services
  "${apt[@]}" update </dev/null ||
    echo "The lists of packages could not be updated; trying with those at hand." >&2
  name_packages
  find_missing
  ((${#missing[@]})) || return 0
  echo "Installing ${missing[*]} …"
  check_removals
  keep_modules_off
  # Descriptor 9 is not for apt: what it starts must not hold the lock.
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null 9>&- >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "apt-get could not install ${missing[*]}"
  }
}

main() {
  local set=demo list=false
  if [[ ${1-} == --list ]]; then
    list=true
    shift
  fi
  [[ $# -le 1 ]] || fail "one argument at most: demo, test or bench"
  set=${1-demo}
  case $set in
    demo) wanted=("${kDemoPackages[@]}") ;;
    test) wanted=("${kTestPackages[@]}") ;;
    bench) wanted=("${kBenchPackages[@]}") ;;
    *) fail "unknown set '$set': demo, test or bench" ;;
  esac
  name_packages
  if $list; then
    printf '%s\n' "${packages[@]}"
    exit
  fi
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system; whatever is missing, CMake will tell." >&2
    exit
  fi
  find_missing
  ((${#missing[@]})) || has_our_policy || exit 0
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      ((${#missing[@]})) || fail "an installation was killed; as root, run: rm $kPolicy"
      fail "packages are missing; as root, run: apt-get install ${missing[*]}"
    fi
    exec sudo -n -- "$BASH" "$(realpath "$0")" "$set"
  fi
  install
}

main "$@"
