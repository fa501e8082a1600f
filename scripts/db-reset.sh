#!/usr/bin/env bash
# Deletes all data and begins again. Asks, because nothing brings it back.
set -euo pipefail
cd "$(dirname "$0")/.."
cli() { node_modules/.bin/node dist/src/cli/main.js "$@"; }
target=${DATABASE_URL:+the PostgreSQL database of DATABASE_URL}
target=${target:-the embedded database in ${DATA_DIR:-./data}}
if [ "${CONFIRM:-}" != yes ]; then
  printf 'Delete ALL data of %s? Type "delete": ' "$target"
  read -r answer || answer=
  [ "$answer" = delete ] || { echo 'Nothing was deleted.'; exit 1; }
fi
if [ -n "${DATABASE_URL:-}" ]; then
  while cli migrate status | grep -q '^applied'; do cli migrate down; done
else
  # The command opens the folder first, which fails while a server uses it.
  cli migrate status >/dev/null
  rm -rf "${DATA_DIR:-./data}/database"
fi
cli migrate up
