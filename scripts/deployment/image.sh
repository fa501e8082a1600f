#!/usr/bin/env bash
# The images of docker/Dockerfile.
#   image.sh build  builds family-assistant and family-assistant-tools, tagged with the version of package.json
#   image.sh test   builds them and proves in running containers what docs/DEPLOYMENT.md says of them
#   image.sh e2e    builds them and runs the end-to-end suite in containers: of the server on the database built in, and of
#                   the tools on PostgreSQL and Redis
# FA_IMAGE_TAG takes another tag. Exit 75: no Docker engine or no base image can be had here.
set -euo pipefail
cd "$(dirname "$0")/../.."
node=node_modules/.bin/node
version=$("$node" -p 'JSON.parse(require("node:fs").readFileSync("package.json", "utf8")).version')
tag=${FA_IMAGE_TAG:-$version}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
log=$(mktemp)
servers=scripts/servers/servers.sh
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

# One sum for both, as its last line.
end_to_end() {
  local passed=0 failed=0 image counts
  for image in family-assistant family-assistant-tools; do
    if [[ $image == *-tools ]]; then
      "$servers" down >/dev/null 2>&1 || true
      "$servers" up
      set -a
      eval "$("$servers" env)"
      set +a
    fi
    echo "--- the end-to-end suite in $image:$tag"
    "$node" scripts/deployment/suite.mjs "$image:$tag" 2>&1 | tee "$log" || true
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
    counts=${counts:-0 passed, 1 failed}
    passed=$((passed + ${counts%% passed*}))
    counts=${counts#*, }
    failed=$((failed + ${counts%% failed*}))
  done
  "$servers" down >/dev/null 2>&1 || true
  echo "$passed passed, $failed failed"
  ((failed == 0))
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
  'e2e ')
    # Of these servers alone: what the caller has set would take the first run to others.
    unset "${!TEST_@}"
    build_all
    end_to_end
    ;;
  *) echo 'usage: image.sh build|test|e2e' >&2; exit 2 ;;
esac
