#!/usr/bin/env bash
# Debian 13's nginx (1.26), unpacked from its packages into a folder: several processes of the server stand behind it as
# they do in production.
#
#   nginx.sh               fetch what is missing, then print NGINX= and MIME_TYPES= with the paths of the program and
#                          of its list of media types, for `eval` or for reading line by line
#
# Kept in $FA_SERVERS_DIR/nginx (default: family-assistant/servers in the user's cache folder).
# Needs no root of its own: nothing is started here. Exit code 75: the packages cannot be fetched.

set -euo pipefail

self=$(realpath "${BASH_SOURCE[0]}")
here=${self%/*}
base=$(realpath -m "${FA_SERVERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant/servers}")/nginx
tree=$base/tree
# tree.sh asks for it; of no consequence here.
# shellcheck disable=SC2034
major=17

export LC_ALL=C.UTF-8
umask 022

say() { printf 'nginx.sh: %s\n' "$*" >&2; }
# shellcheck disable=SC2317  # called by tree.sh
die() { say "$@"; exit 1; }
# shellcheck source=scripts/servers/tree.sh
. "$here/tree.sh"

# A change of how it is made has it made anew.
recipe() { cat "$here/tree.sh" "$self" | cksum; }

build() {
  local new=$base/tree.new
  say "unpacking nginx of Debian's trixie into $tree"
  rm -rf "$new" "$tree"
  mkdir -p "$new"
  fetch_packages "$new" trixie base-files dash libc-bin nginx
  rm -rf "$new"/.apt "$new"/usr/share
  recipe >"$new/.complete"
  mv "$new" "$tree"
}

# By the loader and the libraries of the tree: the machine's own may be older.
write_program() {
  local loader=("$tree"/usr/lib*/ld-linux*.so.*) libs=("$tree"/usr/lib/*-linux-gnu*)
  [[ -x $tree/usr/sbin/nginx ]] || die 'the packages have no nginx'
  mkdir -p "$base/bin"
  printf '#!/bin/sh\nexec %q --library-path %q --argv0 nginx %q "$@"\n' "${loader[0]}" "${libs[0]}" "$tree/usr/sbin/nginx" \
    >"$base/bin/nginx.new.$$"
  chmod 755 "$base/bin/nginx.new.$$"
  mv "$base/bin/nginx.new.$$" "$base/bin/nginx"
}

(($# == 0)) || { sed -n '/^#   /s/^#   //p' "$self" >&2; exit 2; }
mkdir -p "$base"
exec 9>"$base/lock"
flock 9   # tests of several files may ask at once
[[ -f $tree/.complete && $(<"$tree/.complete") == "$(recipe)" ]] || build
write_program
printf 'NGINX=%q\nMIME_TYPES=%q\n' "$base/bin/nginx" "$tree/etc/nginx/mime.types"
