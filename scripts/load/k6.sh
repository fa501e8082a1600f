#!/usr/bin/env bash
# The load tests by k6, against a server of their own: bash scripts/load/k6.sh --users 100 --seconds 60
# The options are those of npm run load. k6 is built once, into a folder of the cache.
#   k6.sh --build     builds it where it is missing, and does no more
#   k6.sh --find      prints where it is; builds nothing
# Exit 75: it could not be had (no Go, no network), so nothing was loaded. 1: something asked of the load was missed.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=1.8.1
cache=${FA_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant}
folder=$cache/k6-$version

not_run() {
  echo "k6: not run, $1" >&2
  exit 75
}

# With one core, and after all others: the machine may have others to serve.
build() {
  command -v go >/dev/null || not_run 'there is no Go to build it'
  echo "building k6 $version" >&2
  mkdir -p "$cache"
  local work
  work=$(mktemp -d "$cache/building-XXXXXX")
  GOBIN=$work GOFLAGS=-p=1 GOMAXPROCS=1 CGO_ENABLED=0 nice -n 19 \
    go install -ldflags '-s -w' "go.k6.io/k6@v$version" || {
    rm -rf "$work"
    not_run 'it could not be built'
  }
  rm -rf "$folder"
  mv "$work" "$folder"
}

if [ "${1:-}" = --find ]; then
  [ -x "$folder/k6" ] || not_run 'it has not been built: scripts/load/k6.sh --build'
  echo "$folder/k6"
  exit 0
fi
[ -x "$folder/k6" ] || build
[ "${1:-}" != --build ] || exit 0
npm run --silent load -- --generator k6 --k6 "$folder/k6" "$@"
