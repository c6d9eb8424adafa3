#!/bin/bash
# Every sample of the installed crowd_confluence.conf, uncommented, is what httpd understands.

. "$(dirname "$0")/checks.sh"

template=$BUILD_DIR/conf/crowd_confluence.conf

# The files that the samples name.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
  -subj "/CN=localhost" -keyout "$scratch/key.pem" -out "$scratch/certificate.pem" 2>/dev/null

echo "a password" >"$scratch/password"

# sample N: the N-th sample without its comment signs. Explanations are "# " and text.
sample() {
  awk -v wanted="# ==== $1. " '
    index($0, "# ==== ") == 1 { inside = index($0, wanted) == 1 }
    inside && /^#([^# ]|  )/ { print substr($0, 2) }' "$template" |
    sed -e "s|/etc/ssl/company/client.key|$scratch/key.pem|" \
      -e "s|/etc/ssl/company/[a-z]*.pem|$scratch/certificate.pem|g" \
      -e "s|/etc/ssl/company/crowd.password|$scratch/password|" \
      -e "s|\"[^\"]*/crowd_confluence.log\"|\"$scratch/access.log\"|"
}

titles=$(sed -n 's/^# ==== [0-9]*\. \(.*\) ====$/\1/p' "$template")
count=$(grep -c '^# ==== ' "$template")
check "the samples are numbered from 1" \
  same "$(seq "$count")" "$(sed -n 's/^# ==== \([0-9]*\)\. .* ====$/\1/p' "$template")"

for number in $(seq "$count"); do
  title=$(sed -n "${number}p" <<<"$titles")
  sample "$number" >"$scratch/sample.conf"
  check "sample $number ($title) switches the module, or a page of it, on" \
    grep -Eq "^ *(CrowdConfluence On|SetHandler crowd-confluence-.*)$" "$scratch/sample.conf"
  write_httpd_conf "$scratch/httpd.conf" "$MODULE" <"$scratch/sample.conf"
  check "sample $number ($title) is accepted" "$HTTPD" -t -f "$scratch/httpd.conf"
done

# What the samples prove depends on httpd refusing what is wrong.
sample 1 | sed 's|https://confluence.example.com/confluence|gopher://x|' |
  write_httpd_conf "$scratch/httpd.conf" "$MODULE"
check "a bad value in a sample is refused" bash -c "! '$HTTPD' -t -f '$scratch/httpd.conf'"
check "by the name of its directive" \
  grep -q CrowdConfluenceURL <("$HTTPD" -t -f "$scratch/httpd.conf" 2>&1)
