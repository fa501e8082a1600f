#!/usr/bin/env bash
# Debian 13's Prometheus (2.53) and Alertmanager (0.28), unpacked from its packages into a folder:
# promtool says what an expression means, and the evaluator of alert rules is compared with it.
#
#   prometheus.sh          fetch what is missing, then print PROMETHEUS=, PROMTOOL=, ALERTMANAGER= and AMTOOL=
#                          with the paths of the programs, for `eval` or for reading line by line
#
# Kept in $FA_SERVERS_DIR/prometheus (default: family-assistant/servers in the user's cache folder).
# Needs no root of its own: nothing is started here. Exit code 75: the packages cannot be fetched.

set -euo pipefail

self=$(realpath "${BASH_SOURCE[0]}")
here=${self%/*}
base=$(realpath -m "${FA_SERVERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant/servers}")/prometheus
tree=$base/tree
programs=(prometheus promtool prometheus-alertmanager amtool)
# tree.sh asks for it; of no consequence here.
# shellcheck disable=SC2034
major=17

export LC_ALL=C.UTF-8
umask 022

say() { printf 'prometheus.sh: %s\n' "$*" >&2; }
# shellcheck disable=SC2317  # called by tree.sh
die() { say "$@"; exit 1; }
# shellcheck source=scripts/servers/tree.sh
. "$here/tree.sh"

# A change of how it is made has it made anew.
recipe() { cat "$here/tree.sh" "$self" | cksum; }

# Without the dependencies' helpers, documents and pages: the programs are all that is used.
build() {
  local new=$base/tree.new
  say "unpacking prometheus and prometheus-alertmanager of Debian's trixie into $tree"
  rm -rf "$new" "$tree"
  mkdir -p "$new"
  fetch_packages "$new" trixie base-files dash libc-bin prometheus prometheus-alertmanager
  mv "$new/usr/share/prometheus/alertmanager" "$new/templates"
  rm -rf "$new"/.apt "$new"/usr/share
  # Alertmanager looks for its templates there, by an absolute path; this one of the same length is where it runs.
  LC_ALL=C sed -i 's#/usr/share/prometheus/alertmanager#/proc/self/cwd/./././././././././.#g' "$new/usr/bin/prometheus-alertmanager"
  recipe >"$new/.complete"
  mv "$new" "$tree"
}

# They are run by the loader and the libraries of the tree: the machine's own may be older. Alertmanager runs where its
# templates are, so paths that it is given must be absolute.
write_programs() {
  local loader=("$tree"/usr/lib*/ld-linux*.so.*) libs=("$tree"/usr/lib/*-linux-gnu*) name folder
  mkdir -p "$base/bin"
  for name in "${programs[@]}"; do
    [[ -x $tree/usr/bin/$name ]] || die "the packages have no $name"
    folder=.
    [[ $name != prometheus-alertmanager ]] || folder=$tree/templates
    printf '#!/bin/sh\ncd %q && exec %q --library-path %q --argv0 %q %q "$@"\n' \
      "$folder" "${loader[0]}" "${libs[0]}" "$name" "$tree/usr/bin/$name" >"$base/bin/$name.new.$$"
    chmod 755 "$base/bin/$name.new.$$"
    mv "$base/bin/$name.new.$$" "$base/bin/$name"
  done
}

(($# == 0)) || { sed -n '/^#   /s/^#   //p' "$self" >&2; exit 2; }
mkdir -p "$base"
exec 9>"$base/lock"
flock 9   # tests of several files may ask at once
[[ -f $tree/.complete && $(<"$tree/.complete") == "$(recipe)" ]] || build
write_programs
printf 'PROMETHEUS=%q\nPROMTOOL=%q\nALERTMANAGER=%q\nAMTOOL=%q\n' \
  "$base/bin/prometheus" "$base/bin/promtool" "$base/bin/prometheus-alertmanager" "$base/bin/amtool"
