#!/usr/bin/env bash
# Takes over a new version (FA_VERSION in production.env) without a failed request: the migrations are applied, one server
# after the other is taken out of nginx, made anew and put back once it is healthy; then the worker and the receiver.
# nginx, Prometheus and Alertmanager read their files anew.
#   roll.sh [OPTIONS OF docker compose...]
# By default with --env-file production.env and docker-compose.prod.yml. A server that does not become healthy ends it and
# stays out of nginx, with the other one at work. Run again, it begins with that one.
set -euo pipefail
cd "$(dirname "$0")/../.."
read -ra compose <<<"${FA_COMPOSE:-docker compose}"
(($# > 0)) || set -- --env-file production.env --file docker-compose.prod.yml
options=("$@")
LONGEST_START=300 # seconds

dc() { "${compose[@]}" "${options[@]}" "$@"; }
# shellcheck source=scripts/deployment/mounted.sh
. scripts/deployment/mounted.sh
in_nginx() { dc exec -T nginx nginx -c /etc/nginx/site/nginx.conf "$@"; }
# mark SERVER WORD: ' down', or nothing. In place of the file at once: nginx never reads half of it.
mark() {
  sed -E "/^server $1:/s/( down)?;/$2;/" "$upstream" >"$upstream.new"
  chmod 644 "$upstream.new"
  mv "$upstream.new" "$upstream"
  in_nginx -s reload 2>/dev/null
}
finish() {
  [[ -z $current ]] ||
    echo "roll.sh: $current stays out of nginx, by \"down\" in $upstream: see its log, and run this again once it can start" >&2
}

upstream=$(mounted nginx /etc/nginx/family-assistant)/upstream.conf
servers=(api-a api-b)
# Never both: one that was left out is mended before the one at work is touched.
! grep -q '^server api-b:.* down;' "$upstream" || servers=(api-b api-a)
in_nginx -t -q
# While the version before goes on answering: migrations are made so that it can.
dc run --rm --no-deps -T migrate
current=
trap finish EXIT
for server in "${servers[@]}"; do
  current=$server
  mark "$server" ' down'
  dc up --detach --no-deps --force-recreate --wait --wait-timeout "$LONGEST_START" --quiet-pull "$server"
  mark "$server" ''
  current=
  echo "$server runs anew"
done
dc up --detach --no-deps --force-recreate --wait --wait-timeout "$LONGEST_START" worker
dc up --detach --no-deps --force-recreate receiver
echo 'worker and receiver run anew'
dc kill --signal HUP prometheus alertmanager || echo 'roll.sh: Prometheus or Alertmanager does not run' >&2
