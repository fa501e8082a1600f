#!/usr/bin/env bash
# The images of docker/Dockerfile.
#   image.sh build  builds family-assistant and family-assistant-tools, tagged with the version of package.json
#   image.sh test   builds them and proves in running containers what docs/DEPLOYMENT.md says of them
# FA_IMAGE_TAG takes another tag. Exit 75: no Docker engine or no base image can be had here.
set -euo pipefail
cd "$(dirname "$0")/../.."
node=node_modules/.bin/node
version=$("$node" -p 'JSON.parse(require("node:fs").readFileSync("package.json", "utf8")).version')
tag=${FA_IMAGE_TAG:-$version}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
log=$(mktemp)
started=0

finish() {
  rm -f "$log"
  ((started == 0)) || scripts/deployment/engine.sh down
}
trap finish EXIT

# $1: target, $2: name
build() {
  docker build --target "$1" --tag "$2:$tag" --file docker/Dockerfile \
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision" . >"$log" 2>&1 ||
    { tail -n 30 "$log" >&2; exit 1; }
  grep -aE '^pruned ' "$log" || true
  echo "built $2:$tag from ${revision:0:12}, target $1"
}

build_all() {
  docker info >/dev/null 2>&1 || started=1
  scripts/deployment/engine.sh up
  scripts/deployment/base-image.sh
  build tools family-assistant-tools
  build server family-assistant
}

case "${1-} ${2-}" in
  'build ')
    build_all
    started=0 # whoever builds wants to use the images
    ;;
  'test ')
    build_all
    "$node" scripts/deployment/image-checks.mjs "family-assistant:$tag" "family-assistant-tools:$tag"
    ;;
  *) echo 'usage: image.sh build|test' >&2; exit 2 ;;
esac
