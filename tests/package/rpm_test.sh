#!/bin/bash
# rpmbuild makes packages of the source as it is now, and in each is what belongs there.

. "$(dirname "$0")/checks.sh"

export HOME=$scratch  # no ~/.rpmmacros
topdir=$scratch/rpmbuild
mkdir -p "$topdir/SOURCES"

check "the spec carries the project's version" \
  same "$VERSION" "$(sed -n 's/^Version: *//p' "$SOURCE_DIR/rpm/mod_crowd_confluence.spec")"
check "the source archive is made" "$SOURCE_DIR/rpm/make-source-archive.sh" "$topdir/SOURCES"
check "it holds one directory" same "mod_crowd_confluence-$VERSION" \
  "$(tar tzf "$topdir/SOURCES/mod_crowd_confluence-$VERSION.tar.gz" | cut -d/ -f1 | sort -u)"

# By Clang, which compiles nothing else of the tests, with the flags of CMake's build type Release, and
# with warnings as errors, unlike a package. --nodeps: on Debian what BuildRequires names comes from
# other packages.
build_packages() {
  if command -v clang++ >/dev/null; then export CC=clang CXX=clang++; fi
  rpmbuild -ba --nodeps \
    --define "_topdir $topdir" --define "_tmppath $scratch" --define "_dbpath $scratch/rpmdb" \
    --define "optflags -O3 -DNDEBUG -Werror" --define "debug_package %{nil}" \
    "$SOURCE_DIR/rpm/mod_crowd_confluence.spec"
}
check "rpmbuild succeeds" build_packages

query() {
  rpm --dbpath "$scratch/rpmdb" -qp "$@"
}
# package NAME: its file
package() {
  find "$topdir/RPMS" -name "$1-$VERSION-*.rpm"
}

check "four packages and a source package are made" \
  same "crowd-confluence
libcrowd_confluence
libcrowd_confluence-devel
mod_crowd_confluence
mod_crowd_confluence" "$(find "$topdir/RPMS" "$topdir/SRPMS" -name '*.rpm' \
    -exec rpm --dbpath "$scratch/rpmdb" -qp --qf '%{name}\n' {} + | sort)"

libdir=$(rpm --eval '%{_libdir}')
docs=$(rpm --eval '%{_defaultdocdir}')

for name in mod_crowd_confluence libcrowd_confluence crowd-confluence; do
  check "$name carries the license" \
    same LICENSE "$(query -L "$(package $name)" | sed 's|.*/||')"
done

contents=$(query -l "$(package mod_crowd_confluence)")
echo "$contents" | sed 's/^/    mod_crowd_confluence: /'
for file in "$MODULE_DIR/mod_crowd_confluence.so" "$LOAD_FILE" "$SAMPLE_FILE" \
  "$docs/mod_crowd_confluence/README.md" "$docs/mod_crowd_confluence/docs/install.md"; do
  check "mod_crowd_confluence holds $file" grep -qxF "$file" <<<"$contents"
done
check "an upgrade keeps the admin's changes" \
  same "$(printf '%s\n' "$LOAD_FILE" "$SAMPLE_FILE" | sort)" \
  "$(query -c "$(package mod_crowd_confluence)" | sort)"
check "mod_crowd_confluence needs the library of its version" \
  grep -q "^libcrowd_confluence(.*) = $VERSION-" \
  <(query --requires "$(package mod_crowd_confluence)")

contents=$(query -l "$(package libcrowd_confluence)")
echo "$contents" | sed 's/^/    libcrowd_confluence: /'
for file in "$libdir/libcrowd_confluence.so.$SOVERSION" "$libdir/libcrowd_confluence.so.$VERSION"; do
  check "libcrowd_confluence holds $file" grep -qxF "$file" <<<"$contents"
done
check "libcrowd_confluence provides its SONAME" \
  grep -q "^libcrowd_confluence\.so\.$SOVERSION()" \
  <(query --provides "$(package libcrowd_confluence)")

contents=$(query -l "$(package libcrowd_confluence-devel)")
echo "$contents" | sed 's/^/    libcrowd_confluence-devel: /'
check "libcrowd_confluence-devel holds the linker's name" \
  grep -qxF "$libdir/libcrowd_confluence.so" <<<"$contents"
check "libcrowd_confluence-devel holds what CMake looks for" \
  grep -qxF "$libdir/cmake/crowd_confluence/crowd_confluence-config.cmake" <<<"$contents"
check "libcrowd_confluence-devel holds what pkg-config looks for" \
  grep -qxF "$libdir/pkgconfig/crowd_confluence.pc" <<<"$contents"
check "libcrowd_confluence-devel holds every public header" \
  same "$(cd "$SOURCE_DIR/core/include/crowd_confluence" && find . -name '*.h' -printf '%P\n' | sort)" \
  "$(sed -n 's|^/usr/include/crowd_confluence/\(.*\.h\)$|\1|p' <<<"$contents" | sort)"

contents=$(query -l "$(package crowd-confluence)")
echo "$contents" | sed 's/^/    crowd-confluence: /'
for file in /usr/bin/crowd-confluence /usr/share/bash-completion/completions/crowd-confluence; do
  check "crowd-confluence holds $file" grep -qxF "$file" <<<"$contents"
done
check "crowd-confluence holds its manual page" \
  grep -q '^/usr/share/man/man1/crowd-confluence\.1' <<<"$contents"

mkdir "$scratch/unpacked"
unpack() {
  local name
  for name in mod_crowd_confluence libcrowd_confluence; do
    # Writes the archive beside the package.
    rpm2archive "$(package $name)"
    tar xzf "$(package $name).tgz" -C "$scratch/unpacked"
  done
}
check "the packages unpack" unpack
module=$scratch/unpacked$MODULE_DIR/mod_crowd_confluence.so
check "the packaged module exports its record and nothing else" \
  same crowd_confluence_module "$(exported_symbols "$module")"
check "the packaged module has no run path" no_run_path "$module"
echo "CrowdConfluence Off" | write_httpd_conf "$scratch/httpd.conf" "$module"
check "httpd loads the packaged module" \
  env LD_LIBRARY_PATH="$scratch/unpacked$libdir" "$HTTPD" -t -f "$scratch/httpd.conf"
