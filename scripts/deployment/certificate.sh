#!/usr/bin/env bash
# Called by certbot after it has fetched a certificate: puts it where nginx reads it, and lets nginx take it over while
# connections go on.
#   certificate.sh FOLDER_OF_THE_PROJECT     with RENEWED_LINEAGE, the folder of the certificate, from certbot
set -euo pipefail
cd "${1:?usage: certificate.sh FOLDER_OF_THE_PROJECT}"
from=${RENEWED_LINEAGE:?certbot says in RENEWED_LINEAGE where the certificate is}
read -ra compose <<<"${FA_COMPOSE:-docker compose}"
USER_OF_NGINX=101

dc() { "${compose[@]}" --env-file "${FA_SETTINGS:-production.env}" --file docker-compose.prod.yml "$@"; }
# shellcheck source=scripts/deployment/mounted.sh
. scripts/deployment/mounted.sh
to=$(mounted nginx /etc/nginx/tls)

# Under another name first, so that nginx never finds half of a file.
install -m 444 "$from/fullchain.pem" "$to/fullchain.pem.new"
install -m 400 -o "$USER_OF_NGINX" "$from/privkey.pem" "$to/privkey.pem.new"
mv "$to/fullchain.pem.new" "$to/fullchain.pem"
mv "$to/privkey.pem.new" "$to/privkey.pem"
dc exec -T nginx nginx -c /etc/nginx/site/nginx.conf -s reload
