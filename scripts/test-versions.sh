#!/usr/bin/env bash
# What differs between major versions of PostgreSQL, on each: migrations, search, backups, point in time. Then backups that
# go from one to another.
#
#   test-versions.sh [SUITE...]   with FA_VERSIONS='15 18' on these alone
#
# A version that cannot be had here says so and counts as neither passed nor failed; exit code 75 if that is true of all.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
servers=scripts/servers/servers.sh
# From the oldest to the newest.
mapfile -t versions < <(tr ' ' '\n' <<<"${FA_VERSIONS:-15 16 17 18}" | sort -n)
suites=(test/integration/{migrations,search-statement,search-indexes,wal-shipper}
  test/e2e/{readme,search-spelling,backups,disaster-recovery} test/faults/{backup.spec,wal-receiver})
(($# == 0)) || suites=("$@")
NOT_RUN=75
log=$(mktemp)
trap 'rm -f "$log"; for major in "${versions[@]}"; do FA_POSTGRES_MAJOR=$major "$servers" down >/dev/null 2>&1; done' EXIT
passed=0 failed=0 had=()

# Adds up the last 'N passed, N failed' of the log, and says it for "$1".
count() {
  local counts
  counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  [[ -n $counts ]] || counts='0 passed, 1 failed'
  passed=$((passed + ${counts%% passed*}))
  results+=("$1: $counts")
  counts=${counts#*, }
  failed=$((failed + ${counts%% failed*}))
}

results=()
for major in "${versions[@]}"; do
  export FA_POSTGRES_MAJOR=$major
  "$servers" down >/dev/null 2>&1
  "$servers" up
  case $? in
    0) ;;
    "$NOT_RUN") results+=("PostgreSQL $major: not to be had here"); continue ;;
    *) failed=$((failed + 1)); results+=("PostgreSQL $major: does not start"); continue ;;
  esac
  had+=("$major")
  version=$("$servers" psql -Atc 'SHOW server_version' | cut -d' ' -f1)
  (
    set -a
    eval "$("$servers" env)"
    exec node_modules/.bin/node scripts/test.mjs -i "${suites[@]}"
  ) 2>&1 | tee "$log"
  count "PostgreSQL $version"
  "$servers" down >/dev/null
done

# Between the oldest and the newest.
if ((${#had[@]} > 1)); then
  older=${had[0]} newer=${had[-1]}
  FA_POSTGRES_MAJOR=$older "$servers" up && FA_POSTGRES_MAJOR=$newer "$servers" up
  (
    export FA_POSTGRES_MAJOR=$newer
    set -a
    eval "$(FA_POSTGRES_MAJOR=$older "$servers" env | sed 's/^/OLDER_/')"
    eval "$("$servers" env)"
    exec node_modules/.bin/node scripts/test.mjs -i test/versions
  ) 2>&1 | tee "$log"
  count "PostgreSQL $older and $newer"
fi

printf '%s\n' "${results[@]}"
((${#had[@]} + failed > 0)) || exit "$NOT_RUN"
echo "$passed passed, $failed failed"
((failed == 0))
