#!/bin/bash
# Where the configuration goes for each way of dividing it, and that apxs may be chatty.

. "$(dirname "$0")/checks.sh"

# An httpd of the given layout that exists only as far as apxs tells of it.
fake_httpd() {
  local directory=$1 sysconfdir=$2
  mkdir -p "$directory/bin" "$sysconfdir"
  cat >"$directory/bin/apxs" <<END
#!/bin/sh
echo "perl: warning: Setting locale failed." >&2
echo "apxs: a remark before the answer"
case \$2 in
  LIBEXECDIR) echo "$directory/modules" ;;
  SYSCONFDIR) echo "$sysconfdir" ;;
  INCLUDEDIR | APR_CONFIG | APU_CONFIG) "$APXS" -q "\$2" ;;
  *) exit 1 ;;
esac
END
  chmod +x "$directory/bin/apxs"
}

# install_for DIRECTORY: installs the configuration as for that httpd.
install_for() {
  "$CMAKE" -S "$SOURCE_DIR" -B "$1/build" -DBUILD_TESTING=OFF \
    -DAPXS_EXECUTABLE="$1/bin/apxs" >"$1/configure.log" 2>&1 ||
    { cat "$1/configure.log"; return 1; }
  DESTDIR=$1/root "$CMAKE" --install "$1/build" --component configuration
}

installed() {
  (cd "$1/root" && find . -type f | sed 's/^\.//' | sort)
}

debian=$scratch/debian
fake_httpd "$debian" "$debian/etc/apache2"
mkdir "$debian/etc/apache2/mods-available"
check "the configuration installs on Debian" install_for "$debian"
check "on Debian a2enmod finds both files" \
  same "$debian/etc/apache2/mods-available/crowd_confluence.conf
$debian/etc/apache2/mods-available/crowd_confluence.load" "$(installed "$debian")"

redhat=$scratch/redhat
fake_httpd "$redhat" "$redhat/etc/httpd/conf"
mkdir "$redhat/etc/httpd/conf.modules.d"
check "the configuration installs on RHEL" install_for "$redhat"
check "on RHEL httpd.conf includes both files" \
  same "$redhat/etc/httpd/conf.d/crowd_confluence.conf
$redhat/etc/httpd/conf.modules.d/10-crowd_confluence.conf" "$(installed "$redhat")"
check "on RHEL the module is loaded from where apxs says" \
  grep -qx "LoadModule crowd_confluence_module $redhat/modules/mod_crowd_confluence.so" \
  "$redhat/root$redhat/etc/httpd/conf.modules.d/10-crowd_confluence.conf"

plain=$scratch/plain
fake_httpd "$plain" "$plain/conf"
check "the configuration installs for a self-built httpd" install_for "$plain"
check "for a self-built httpd both files go to extra" \
  same "$plain/conf/extra/crowd_confluence.conf
$plain/conf/extra/crowd_confluence.load" "$(installed "$plain")"

mute=$scratch/mute
mkdir -p "$mute/bin"
printf '#!/bin/sh\nexit 1\n' >"$mute/bin/apxs"
chmod +x "$mute/bin/apxs"
check "an apxs that answers nothing stops the configuration" \
  bash -c "! '$CMAKE' -S '$SOURCE_DIR' -B '$mute/build' -DBUILD_TESTING=OFF \
    -DAPXS_EXECUTABLE='$mute/bin/apxs' >'$mute/configure.log' 2>&1"
check "and says which apxs it was" grep -q "$mute/bin/apxs names ''" "$mute/configure.log"
