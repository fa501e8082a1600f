#!/bin/bash
# The first start of PostgreSQL on an empty volume, run by the image: logins with the passwords of the secrets, the
# database, the extensions, and who may receive the log. What each login is for: README.md, docs/DISASTER_RECOVERY.md.
set -euo pipefail
secret() { cat "/run/secrets/$1"; }

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set "owner_password=$(secret postgres_owner_password)" \
  --set "login_password=$(secret postgres_login_password)" \
  --set "backup_password=$(secret postgres_backup_password)" <<'SQL'
CREATE ROLE family_assistant_app NOLOGIN;
-- It makes a scratch database to prove each backup by restoring it.
CREATE ROLE family_owner LOGIN CREATEDB PASSWORD :'owner_password';
CREATE ROLE family_login LOGIN PASSWORD :'login_password';
GRANT family_assistant_app TO family_owner, family_login;
CREATE ROLE family_backup LOGIN BYPASSRLS REPLICATION PASSWORD :'backup_password' IN ROLE pg_read_all_data;
GRANT pg_read_all_stats TO family_backup;
\connect template1
CREATE EXTENSION vector;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE EXTENSION btree_gist;
CREATE DATABASE family OWNER family_owner;
SQL

# Nobody who is not on this network.
echo 'host replication family_backup samenet scram-sha-256' >>"$PGDATA/pg_hba.conf"
