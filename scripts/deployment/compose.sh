#!/usr/bin/env bash
# Brings docker-compose.prod.yml up for real, proves what docs/DEPLOYMENT.md says of it, and takes it down with its volumes.
# Where the public images of PostgreSQL, Redis, nginx and Prometheus cannot be pulled, stand-ins of Debian's packages are
# taken; Grafana is left out. Exit 75: no Docker engine, base image or Compose can be had here.
set -euo pipefail
cd "$(dirname "$0")/../.."
node=node_modules/.bin/node
cache=${FA_DOCKER_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant/docker}
work=$(mktemp -d)
NOT_RUN=75

finish() {
  [[ ! -f $work/production.env ]] || compose down --volumes --timeout 30 >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

# Compose as the engine's plug-in or program; else the one of Debian 13, which needs nothing of its system.
find_compose() {
  if docker compose version >/dev/null 2>&1; then FA_COMPOSE='docker compose'; return; fi
  FA_COMPOSE=$cache/docker-compose
  [[ ! -x $FA_COMPOSE ]] || return 0
  docker run --rm --volume "$cache:/out" --entrypoint sh debian:trixie-slim -c \
    'cd /tmp && apt-get update -qq && apt-get download -qq docker-compose && dpkg-deb -x docker-compose_*.deb x &&
     cp x/usr/libexec/docker/cli-plugins/docker-compose /out/' >/dev/null 2>&1 ||
    { echo 'compose: it cannot be fetched' >&2; exit "$NOT_RUN"; }
}
compose() { $FA_COMPOSE --env-file "$work/production.env" --file docker-compose.prod.yml "$@"; }

bash scripts/deployment/image.sh build
mkdir -p "$cache"
find_compose
images=()
for name in postgres redis nginx prometheus alertmanager; do
  docker build --quiet --target "$name" --tag "family-assistant-stand-in/$name" scripts/deployment/stand-ins >/dev/null 2>&1 ||
    { echo "compose: no stand-in for $name" >&2; exit "$NOT_RUN"; }
  images+=("${name^^}_IMAGE=family-assistant-stand-in/$name")
done

# All else stands in the file of the settings, as it does on a machine of somebody's.
export FA_COMPOSE FA_SETTINGS=$work/production.env COMPOSE_PROJECT_NAME=family-assistant-test-$$
mkdir -p "$work/upstream" "$work/acme"
chmod 755 "$work"
cp docker/nginx/upstream.conf "$work/upstream/"
bash scripts/deployment/secrets.sh "$work/secrets"
recipient=$(docker run --rm --user 0 --volume "$work/secrets/identity:/identity" \
  "family-assistant-tools:$("$node" -p 'JSON.parse(require("node:fs").readFileSync("package.json", "utf8")).version')" \
  backup keygen /identity/backup.key | grep -oE 'age1[a-z0-9]+' | head -n 1)
bash scripts/deployment/secrets.sh "$work/secrets"
sed -e 's|^PUBLIC_URL=.*|PUBLIC_URL=https://localhost|' -e "s|^#BACKUP_RECIPIENTS=.*|BACKUP_RECIPIENTS=$recipient|" \
  -e 's|^#BACKUP_IDENTITY_FILE=|BACKUP_IDENTITY_FILE=|' docker/compose/production.env.example >"$FA_SETTINGS"
printf '%s\n' "${images[@]}" "FA_SECRETS=$work/secrets" "FA_UPSTREAM=$work/upstream" "FA_ACME=$work/acme" \
  "FA_SUBNET=${FA_SUBNET:-172.31.77}" HTTP_PORT=0 HTTPS_PORT=0 GRAFANA_PORT=0 >>"$FA_SETTINGS"

NODE_EXTRA_CA_CERTS=$work/secrets/tls/fullchain.pem "$node" scripts/deployment/compose-checks.mjs
