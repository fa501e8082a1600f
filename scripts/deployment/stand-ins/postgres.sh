#!/bin/bash
# Starts PostgreSQL as the public image does: makes the database on an empty volume, with the password of
# POSTGRES_PASSWORD_FILE, and runs what lies in /docker-entrypoint-initdb.d while nobody can connect over the network.
set -euo pipefail
if ((EUID == 0)); then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres "$PGDATA" /var/run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust \
    --encoding=UTF8 --locale=C.UTF-8 --set listen_addresses='*' >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl --wait --options="-c listen_addresses=''" start >/dev/null
  for script in /docker-entrypoint-initdb.d/*.sh; do "$script"; done
  pg_ctl --wait --mode=fast stop >/dev/null
fi
exec "$@"
