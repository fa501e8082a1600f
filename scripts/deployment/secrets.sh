#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml and docker-compose.prod.yml mount as files: passwords, keys, the addresses
# with the passwords in them, and a certificate signed by itself until there is a real one.
#   secrets.sh FOLDER
# What is there already is left as it is. The folder opens for its owner alone; the files in it can be read by the
# container that they are mounted into, whatever its user.
set -euo pipefail
folder=${1:?usage: secrets.sh FOLDER}
USER_OF_SERVER=10001
USER_OF_NGINX=101
host=${FA_DATABASE_HOST:-postgres}
redis_host=${FA_REDIS_HOST:-redis}

umask 077
mkdir -p "$folder/tls" "$folder/identity"
chmod 700 "$folder"

# 32 bytes of the system's randomness, in letters that need no escaping anywhere.
random() { head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='; }
put() { [[ -s $folder/$1 ]] || printf '%s\n' "$2" >"$folder/$1"; }
of() { cat "$folder/$1"; }

for name in postgres_password postgres_owner_password postgres_login_password postgres_backup_password redis_password \
  jwt_secret_key metrics_token grafana_admin_password; do
  put "$name" "$(random)"
done
put database_url "postgresql://family_login:$(of postgres_login_password)@$host:5432/family"
put database_owner_url "postgresql://family_owner:$(of postgres_owner_password)@$host:5432/family"
put backup_database_url "postgresql://family_backup:$(of postgres_backup_password)@$host:5432/family"
put redis_url "redis://:$(of redis_password)@$redis_host:6379"
put redis.conf "requirepass $(of redis_password)
maxmemory 192mb
maxmemory-policy allkeys-lru
save \"\"
appendonly no"
# Filled in when there is an account: an API key that may report alerts.
put alerts_key 'none yet'

if [[ ! -s $folder/tls/privkey.pem ]]; then
  command -v openssl >/dev/null || { echo 'secrets.sh: openssl is needed for the first certificate' >&2; exit 1; }
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=${FA_HOST_NAME:-localhost}" \
    -addext "subjectAltName=DNS:${FA_HOST_NAME:-localhost}" -keyout "$folder/tls/privkey.pem" -out "$folder/tls/fullchain.pem" 2>/dev/null
fi

find "$folder" -maxdepth 1 -type f -exec chmod 444 {} +
chmod 755 "$folder/tls" "$folder/identity"
chmod 444 "$folder/tls/fullchain.pem"
chmod 400 "$folder/tls/privkey.pem"
if ((EUID == 0)); then
  chown "$USER_OF_NGINX" "$folder/tls/privkey.pem"
  # The server refuses a private key that others can read.
  find "$folder/identity" -type f -exec chown "$USER_OF_SERVER" {} + -exec chmod 400 {} +
else
  echo "secrets.sh: run as root, so that nginx (user $USER_OF_NGINX) can read its key" >&2
fi
