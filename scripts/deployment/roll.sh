#!/usr/bin/env bash
# Takes over a new version (FA_VERSION in production.env) without a failed request: the migrations are applied, one server
# after the other is taken out of nginx, made anew and put back once it is healthy; then the worker and the receiver.
#   roll.sh [ARGUMENTS OF docker compose...]
# By default with --env-file production.env and docker-compose.prod.yml. A server that does not become healthy ends it, with
# the other one still of the old version and at work.
set -euo pipefail
cd "$(dirname "$0")/../.."
read -ra compose <<<"${FA_COMPOSE:-docker compose}"
(($# > 0)) || set -- --env-file production.env --file docker-compose.prod.yml
upstream=${FA_UPSTREAM:-docker/nginx}/upstream.conf
before=$(mktemp)
cp "$upstream" "$before"

dc() { "${compose[@]}" "${options[@]}" "$@"; }
options=("$@")
reload() { dc exec -T nginx nginx -s reload 2>/dev/null; }
# In place of the file at once: nginx never reads half of it.
put() { cat >"$upstream.new" && chmod 644 "$upstream.new" && mv "$upstream.new" "$upstream"; }
finish() {
  put <"$before"
  reload || true
  rm -f "$before"
}
trap finish EXIT

# While the version before goes on answering: migrations are made so that it can.
dc run --rm --no-deps -T migrate
for server in api-a api-b; do
  sed "s/^server $server:.*;/server $server:3000 down;/" "$before" | put
  reload
  dc up --detach --no-deps --force-recreate --wait --quiet-pull "$server"
  put <"$before"
  reload
  echo "$server runs anew"
done
dc up --detach --no-deps --force-recreate --wait worker
dc up --detach --no-deps --force-recreate receiver
echo 'worker and receiver run anew'
