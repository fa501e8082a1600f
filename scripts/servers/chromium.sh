#!/usr/bin/env bash
# A real Chromium for the tests of pages, on a Debian machine that has none.
#
#   chromium.sh            print the path of a program that starts it; fetch it when there is none
#
# One that the machine has (chromium, chromium-browser, google-chrome) is taken as it is. Otherwise Debian's packages, and
# what of their dependencies the machine lacks, are unpacked, not installed, into $FA_CHROMIUM_DIR (default:
# family-assistant/chromium in the user's cache folder).
# Exit code 75: it cannot be had here.

set -euo pipefail

base=$(realpath -m "${FA_CHROMIUM_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant/chromium}")
tree=$base/tree
program=$base/chromium
packages=(chromium fonts-dejavu-core)

not_had() { printf 'chromium.sh: %s\n' "$*" >&2; exit 75; }

for name in chromium chromium-browser google-chrome; do
  command -v "$name" && exit
done

# A change of how it is fetched has it fetched anew.
recipe=$(cksum <"${BASH_SOURCE[0]}")
is_complete() { [[ -x $program && -f $base/.complete && $(<"$base/.complete") == "$recipe" ]]; }

# With the machine's own lists and state, so that no more is fetched than it lacks, and in a cache of its own.
fetch() {
  apt-get -qq -y -o Debug::NoLocking=1 -o Dir::Cache="$base/cache" -o APT::Sandbox::User=root -o Acquire::Retries=3 \
    install --download-only --no-install-recommends "${packages[@]}"
}

build() {
  local deb libraries
  rm -rf "$base"/{cache,tree,.complete}
  mkdir -p "$base/cache/archives/partial" "$tree"
  fetch >/dev/null 2>&1 || { apt-get update -qq && fetch >/dev/null; } ||
    not_had 'the packages of Chromium cannot be fetched'
  for deb in "$base"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$tree"; done
  [[ -x $tree/usr/lib/chromium/chromium ]] || not_had 'this distribution has no Chromium as a package'
  rm -rf "$base/cache" "$tree"/usr/share/{doc,man,locale}
  # Some packages have folders of their own for theirs (pulseaudio, nss).
  libraries=$(find "$tree" -name "*.so*" -not -path "*/chromium/*" -printf "%h\n" | sort -u | paste -sd:)
  mkdir -p "$base/fonts-cache"
  cat >"$base/fonts.conf" <<CONF
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>$tree/usr/share/fonts</dir>
  <match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
  <cachedir>$base/fonts-cache</cachedir>
</fontconfig>
CONF
  cat >"$program" <<RUN
#!/bin/sh
LD_LIBRARY_PATH='$libraries' FONTCONFIG_FILE='$base/fonts.conf' \\
  exec '$tree/usr/lib/chromium/chromium' "\$@"
RUN
  chmod 755 "$program"
  "$program" --version >/dev/null || not_had 'what was fetched does not start'
  echo "$recipe" >"$base/.complete"
}

mkdir -p "$base"
exec 9>"$base/lock"
flock -w 900 9 || not_had 'another chromium.sh has been at work for 15 minutes'
is_complete || build >&2
echo "$program"
