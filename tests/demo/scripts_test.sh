#!/bin/bash
# What the scripts leave behind, and what they say, when something goes wrong around them.

. "$(dirname "$0")/../package/checks.sh"

# ---- an installation of packages that was killed ----

policy=$scratch/policy-rc.d
mkdir "$scratch/bin" "$scratch/dpkg"
# The script, with a policy and a lock of its own, on a machine that lacks no package.
sed -e "s|=/usr/sbin/policy-rc.d|=$policy|" -e "s|=/var/lib/dpkg|=$scratch/dpkg|" \
  "$SOURCE_DIR/scripts/install-build-deps.sh" >"$scratch/install.sh"
printf '#!/bin/sh\necho installed\n' >"$scratch/bin/dpkg-query"

chmod +x "$scratch/bin/"*
as_root() {
  sed 's/EUID != 0/0/' "$scratch/install.sh" >"$scratch/as-root.sh"
  PATH=$scratch/bin:$PATH bash "$scratch/as-root.sh" demo
}
mark=$(sed -n "s/^readonly kPolicyMark='\(.*\)'/\1/p" "$scratch/install.sh")

printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
check "a run after one that was killed succeeds" as_root
check "it takes the policy away that forbids services to start" test ! -e "$policy"

printf '#!/bin/sh\nexit 101\n' >"$policy"
check "a run on a machine with a policy of its own succeeds" as_root
check "it leaves that policy alone" test -e "$policy"

printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
exec 8<"$scratch/dpkg"
flock 8
as_root 8<&- &
waiting=$!
# While somebody holds the lock, that is somebody who installs. The script waits for the lock when
# the kernel says so.
for ((try = 0; try < 500; ++try)); do
  grep -qs "$(stat -c %i "$scratch/dpkg")" <(grep -e '->' /proc/locks) && break
  sleep 0.02
done
check "while another run installs packages the policy stays" test -e "$policy"
flock -u 8
check "when that run is gone the next one ends" wait "$waiting"
check "and the policy is gone" test ! -e "$policy"

# ---- the names of Boost's packages ----

# boost_packages INSTALLED KNOWN : those that the script names on a machine where these packages of
# Boost.JSON are installed, and known to apt.
boost_packages() {
  local bin=$scratch/boost-bin
  mkdir -p "$bin"
  printf '#!/bin/sh\nprintf "installed %%s\\n" %s\n' "$1" >"$bin/dpkg-query"
  printf '#!/bin/sh\nprintf "%%s\\n" %s\n' "$2" >"$bin/apt-cache"
  chmod +x "$bin"/*
  PATH=$bin:$PATH bash "$SOURCE_DIR/scripts/install-build-deps.sh" --list demo |
    grep boost | tr '\n' ' '
}
named() { echo "libboost-json$1-dev libboost-test$1-dev libboost$1-dev "; }
check "on Debian 12 Boost 1.81 is taken, as the default has no Boost.JSON" \
  same "$(named 1.81)" "$(boost_packages "" "libboost-json1.81-dev libboost-json1.81.0")"
check "on Debian 13 Debian's default is taken" same "$(named "")" \
  "$(boost_packages "" "libboost-json1.88-dev libboost-json-dev libboost-json1.83-dev")"
check "of several versions beside an old default the newest is taken" \
  same "$(named 1.100)" "$(boost_packages "" "libboost-json1.81-dev libboost-json1.100-dev")"
check "what is installed stays" same "$(named 1.88)" \
  "$(boost_packages libboost-json1.88-dev "libboost-json1.88-dev libboost-json-dev")"
check "without apt's lists the names are those of Debian 12" \
  same "$(named 1.81)" "$(boost_packages "" "")"

# ---- demo.sh, whose output is gone ----

# Nothing is built and nothing started: the directory holds no build.
mkdir "$scratch/empty"
demo() {
  PYTHONDONTWRITEBYTECODE=1 "$PYTHON" -B -E -s "$SOURCE_DIR/demo/run.py" "$@"
}
no_traceback() {
  ! grep -e Traceback -e KeyboardInterrupt -e 'Exception ignored' "$1"
}

cat >"$scratch/say.py" <<'END'
import sys
sys.path.insert(0, sys.argv[1] + "/demo")
import output
try:
    for _ in range(100_000):
        output.say("x" * 100)
except output.Lost as lost:
    output.say("nobody reads this")
    sys.exit(3 if lost.reader_went else 4)
END
status=0
"$PYTHON" -B "$scratch/say.py" "$SOURCE_DIR" 2>"$scratch/err" | head -1 >/dev/null ||
  status=${PIPESTATUS[0]}
check "a reader that goes is noticed" same 3 "$status"
check "without a word" same "" "$(cat "$scratch/err")"
status=0
"$PYTHON" -B "$scratch/say.py" "$SOURCE_DIR" 2>"$scratch/err" >/dev/full || status=$?
check "a full disk is noticed" same 4 "$status"
check "also without a traceback" same "" "$(cat "$scratch/err")"

status=0
demo --built "$scratch/empty" 2>"$scratch/err" || status=$?
check "a directory without a build is an error" same 1 "$status"
check "that is explained" grep -q "demo.sh: there is no mod_crowd_confluence.so in" "$scratch/err"

# A Ctrl-C that is there before Python is: demo.sh starts it with signals held back.
status=0
env --block-signal=INT bash -c 'kill -INT $$; exec "$@"' - \
  "$PYTHON" -B -E -s "$SOURCE_DIR/demo/run.py" --built "$scratch/empty" 2>"$scratch/err" ||
  status=$?
check "an early Ctrl-C ends the demo" same 130 "$status"
check "and nothing is said about it" same "" "$(cat "$scratch/err")"
check "demo.sh holds signals back until Python is ready" \
  grep -q 'env --block-signal=INT' "$SOURCE_DIR/demo.sh"

ln -s "$SOURCE_DIR/demo.sh" "$scratch/link"
check "demo.sh is found through a symbolic link" \
  same "$("$SOURCE_DIR/demo.sh" --help)" "$("$scratch/link" --help)"
