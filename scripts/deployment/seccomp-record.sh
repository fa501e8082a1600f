#!/usr/bin/env bash
# Makes docker/seccomp.json anew: records with strace which system calls the product makes in its containers, and adds what
# scripts/deployment/seccomp/rules.mjs says beyond that. An hour or more, on the machine of a developer; then
# `make docker-test-e2e` shows whether the suite passes under it.
#   seccomp-record.sh [RUN...]    of these alone: server, clients, suite, suite-on-servers
# What was recorded is kept in $FA_SECCOMP_DIR (default: family-assistant/seccomp in the user's cache folder), so that runs
# add up. Delete it after an upgrade of Node or Debian. Exit 75: no engine, no strace, or no servers can be had here.
set -euo pipefail
cd "$(dirname "$0")/../.."
node=node_modules/.bin/node
servers=scripts/servers/servers.sh
folder=$(realpath -m "${FA_SECCOMP_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant/seccomp}")
NOT_RUN=75

# With its own loader and libraries: the image of the server has neither a package manager nor what strace needs.
have_strace() {
  [[ ! -x $folder/strace/strace ]] || return 0
  mkdir -p "$folder/strace"
  # shellcheck disable=SC2016  # for the shell in the container
  docker run --rm --volume "$folder/strace:/out" debian:trixie-slim sh -c '
    apt-get update -qq && apt-get install -qq -y --no-install-recommends strace >/dev/null 2>&1 || exit 1
    ldd /usr/bin/strace | while read -r name arrow path rest; do
      case "$name $path" in /*) cp -L "$name" /out/ ;; *" /"*) cp -L "$path" /out/ ;; esac
    done
    cp /usr/bin/strace /out/'
}

for name in "$@"; do
  case $name in server | clients | suite | suite-on-servers) ;; *) sed -n '2,8s/^# \?//p' "$0" >&2; exit 2 ;; esac
done
bash scripts/deployment/image.sh build
have_strace || { echo 'seccomp: strace cannot be had' >&2; exit "$NOT_RUN"; }
trap '"$servers" down >/dev/null 2>&1 || true' EXIT
"$servers" down >/dev/null 2>&1 || true
"$servers" up
tag=${FA_IMAGE_TAG:-$("$node" -p 'JSON.parse(require("node:fs").readFileSync("package.json", "utf8")).version')}
(
  set -a
  eval "$("$servers" env)"
  "$node" scripts/deployment/seccomp/record.mjs "family-assistant:$tag" "family-assistant-tools:$tag" "$folder" "$@"
)
"$node" scripts/deployment/seccomp/profile.mjs "$folder/counts"
