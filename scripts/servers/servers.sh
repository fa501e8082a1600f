#!/usr/bin/env bash
# A real PostgreSQL (with pgvector) and Redis for the integration tests, on a Debian machine
# with neither Docker nor packages of these versions.
#
#   servers.sh up          build what is missing, start fresh servers (nothing to do if they run)
#   servers.sh env         print the variables the tests connect with
#   servers.sh status      say what runs; exit code 0 only if both do
#   servers.sh pg-stop | pg-start | pg-kill     take PostgreSQL away and bring it back:
#   servers.sh redis-stop | redis-start | redis-kill       same port, same data
#   servers.sh pg-recover | pg-recover-stop     start a second PostgreSQL on the data directory that
#                          $TEST_RECOVERED_DIR names, and print its port; stop it and delete its data
#   servers.sh psql [ARG...]   psql as superuser, in family_test unless told otherwise
#   servers.sh inside COMMAND [ARG...]          run a program of the tree as the user of the servers
#   servers.sh down        stop both and delete their data (the unpacked packages are kept)
#
# $FA_POSTGRES_MAJOR is 15, 16, 17 (default) or 18; servers of several versions can run at
# once. With FA_SERVERS_IN_MEMORY=8g their data are in memory. Everything is kept in
# $FA_SERVERS_DIR (default: family-assistant/servers in the user's cache folder). Must run as root: the servers run in a chroot, as an unprivileged user.
# Exit code 75: the packages cannot be fetched.

set -euo pipefail

self=$(realpath "${BASH_SOURCE[0]}")
here=${self%/*}
major=${FA_POSTGRES_MAJOR:-17}
base=$(realpath -m "${FA_SERVERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant/servers}")
[[ $major == 17 ]] || base=$base/$major
tree=$base/tree        # the unpacked packages: the servers' root directory
state=$tree/state      # in the tree, since a process in a chroot sees nothing else
pg_bin=/usr/lib/postgresql/$major/bin
uid=54329              # any number no user of the machine has: postgres refuses root
patience=60            # seconds that a start or a stop may take
inside=(chroot --userspec="$uid:$uid" --groups= "$tree")
# Read from $state/vars; declared here for shellcheck.
pg_port='' redis_port='' superuser_password='' owner_password='' login_password='' backup_password='' redis_password=''

# What the caller has set for other servers must not reach these.
unset "${!PG@}" TZ
export LC_ALL=C.UTF-8
umask 022

say() { printf 'servers.sh: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }
# shellcheck source=scripts/servers/tree.sh
. "$here/tree.sh"
usage() { sed -n '/^#   /s/^#   //p' "$self" >&2; exit 2; }

# A change of how it is built has the tree built anew.
recipe() { cksum <"$here/tree.sh"; }
tree_complete() { [[ -f $tree/.complete && $(<"$tree/.complete") == "$(recipe)" ]]; }

# ---------------------------------------------------------------------------- processes

# Is pid $1 a process called $2 of this very tree? A pid file outlives its process, and the
# number may by then be somebody else's: nothing is signalled that has not passed this.
is_ours() {
  [[ $(readlink "/proc/$1/root" 2>/dev/null) == "$tree" &&
    $(cat "/proc/$1/comm" 2>/dev/null) == "$2" ]]
}

# Prints the pids of all processes of this tree called $1.
pids() {
  local dir
  for dir in /proc/[0-9]*; do
    if is_ours "${dir#/proc/}" "$1"; then echo "${dir#/proc/}"; fi
  done
}
none_left() { [[ -z $(pids "$1") ]]; }

# Prints the pid that file $1 names, if that is a running process called $2.
pid_in() {
  local pid=''
  [[ -r $1 ]] && read -r pid <"$1"
  [[ $pid =~ ^[0-9]+$ ]] && is_ours "$pid" "$2" && echo "$pid"
}
pg_pid() { pid_in "$state/pg/postmaster.pid" postgres; }
redis_pid() { pid_in "$state/redis.pid" redis-server; }

wait_until() {
  local end=$((SECONDS + patience))
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}

kill_all() {
  local all
  mapfile -t all < <(pids "$1")
  ((${#all[@]} == 0)) || kill -KILL "${all[@]}" 2>/dev/null || true   # some may just have ended
  wait_until none_left "$1" || die "$1 is still there $patience s after SIGKILL"
}

# ---------------------------------------------------------------------------- PostgreSQL

# 9>&- everywhere a server is started: it would hold the lock of this script for good.
pg_ctl() {
  "${inside[@]}" "$pg_bin/pg_ctl" -D /state/pg -s -w -t "$patience" "$@" </dev/null 9>&-
}

pg_start() {
  pg_pid >/dev/null && return
  # After a crash by another hand than pg-kill's: backends left behind stand in the way of a
  # new start, and so do the pid files (of its socket, too) while its process is still a zombie.
  kill_all postgres
  rm -f "$state/pg/postmaster.pid" "$tree/var/run/postgresql/.s.PGSQL.$pg_port"{,.lock}
  pg_ctl -l /state/log/pg.log start || {
    tail -n 20 "$state/log/pg.log" >&2 || true
    die "PostgreSQL did not start on port $pg_port: see above and $state/log/pg.log"
  }
}

pg_stop() {
  none_left postgres && return
  pg_ctl -m "${1:-fast}" stop || die "PostgreSQL did not stop within $patience s"
}

# A second server, on a data directory that somebody has restored into this tree.
pg_recovered() {
  "${inside[@]}" "$pg_bin/pg_ctl" -D /state/recovered -s -w -t "$patience" "$@" </dev/null 9>&-
}

pg_recover() {
  local port
  port=$(free_port 14000)
  chown -R "$uid:$uid" "$state/recovered"
  rm -f "$state/log/recovered.log"
  pg_recovered -l /state/log/recovered.log -o "-p $port" start || {
    tail -n 20 "$state/log/recovered.log" >&2 || true
    die 'the restored PostgreSQL did not start'
  }
  echo "$port"
}

pg_recover_stop() {
  [[ ! -f $state/recovered/postmaster.pid ]] || pg_recovered -m immediate stop || true
  rm -rf "$state/recovered"
}

# What a crash does: the postmaster and its backends are gone at once. The postmaster is
# halted first lest it fork once more, since a single backend left behind holds on to the
# shared memory and keeps PostgreSQL from starting again.
pg_kill() {
  local pid
  pid=$(pg_pid) || die 'PostgreSQL does not run'
  kill -STOP "$pid"
  kill_all postgres
}

# Programs of the tree for those outside of it: they need its loader and its libraries.
write_clients() {
  local loader=("$tree"/usr/lib*/ld-linux*.so.*) libs=("$tree"/usr/lib/*-linux-gnu*) name
  mkdir -p "$base/bin"
  for name in pg_dump pg_restore pg_basebackup pg_receivewal; do
    printf '#!/bin/sh\nexec %q --library-path %q --argv0 %q %q "$@"\n' \
      "${loader[0]}" "${libs[0]}" "$tree$pg_bin/$name" "$tree$pg_bin/$name" >"$base/bin/$name.new"
    chmod 755 "$base/bin/$name.new"
    mv "$base/bin/$name.new" "$base/bin/$name"
  done
}

# From outside the chroot, so that the caller's files can be named (psql -f, \copy).
psql_superuser() {
  local loader=("$tree"/usr/lib*/ld-linux*.so.*) libs=("$tree"/usr/lib/*-linux-gnu*)
  PGHOST=127.0.0.1 PGPORT=$pg_port PGUSER=postgres PGPASSWORD=$superuser_password \
    PGDATABASE=family_test "${loader[0]}" --library-path "${libs[0]}" "$tree$pg_bin/psql" "$@"
}

pg_create() {
  install -o "$uid" -m 600 /dev/null "$state/pwfile"
  echo "$superuser_password" >"$state/pwfile"
  "${inside[@]}" "$pg_bin/initdb" -D /state/pg -U postgres --pwfile=/state/pwfile \
    --auth-local=peer --auth-host=scram-sha-256 --data-checksums --encoding=UTF8 --locale=C.UTF-8 --no-sync \
    </dev/null >"$state/log/initdb.log" 2>&1 9>&- ||
    { cat "$state/log/initdb.log" >&2; die 'initdb failed'; }
  rm "$state/pwfile"
  # fsync stays on, as some tests are about durability. The socket, as Debian has it, is for
  # programs of the tree; all others use TCP. Shared memory for parallel queries in files: the
  # chroot has no /dev/shm.
  cat >>"$state/pg/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $pg_port
unix_socket_directories = '/var/run/postgresql'
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
fsync = on
synchronous_commit = on
dynamic_shared_memory_type = mmap
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
CONF
  pg_start
  # In template1, so that every database fa_owner makes has the extensions, which it may
  # not install itself. It goes by standard input: arguments can be seen by anyone.
  psql_superuser -X -q -v ON_ERROR_STOP=1 -d template1 <<SQL
CREATE EXTENSION vector;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE EXTENSION btree_gist;
CREATE ROLE fa_owner LOGIN CREATEROLE CREATEDB PASSWORD '$owner_password';
CREATE ROLE fa_login LOGIN PASSWORD '$login_password';
CREATE ROLE fa_backup LOGIN BYPASSRLS REPLICATION PASSWORD '$backup_password'
  IN ROLE pg_read_all_data, pg_read_all_stats;
CREATE DATABASE family_test OWNER fa_owner;
SQL
}

# ---------------------------------------------------------------------------- Redis

# Asked in Redis' own protocol, as redis-cli would show the password in its arguments or need
# one more file. A server still loading its data answers the PING with an error.
redis_ready() {
  local auth pong
  {
    printf 'AUTH %s\r\nPING\r\n' "$redis_password" >&8 &&
      read -r -t 5 auth <&8 && read -r -t 5 pong <&8 && [[ $auth$pong == $'+OK\r+PONG\r' ]]
  } 8<>"/dev/tcp/127.0.0.1/$redis_port"
} 2>/dev/null

redis_start() {
  redis_pid >/dev/null && return
  # A session of its own: signals meant for the caller (Ctrl-C, a test's time limit) pass it by.
  setsid "${inside[@]}" /usr/bin/redis-server /state/redis.conf \
    </dev/null >>"$state/log/redis.log" 2>&1 9>&- &
  local pid=$!
  echo "$pid" >"$state/redis.pid"
  ready_or_dead() { redis_ready || ! kill -0 "$pid" 2>/dev/null; }
  wait_until ready_or_dead || true
  if ! redis_pid >/dev/null || ! redis_ready; then
    tail -n 20 "$state/log/redis.log" >&2
    die "Redis did not start on port $redis_port: see above and $state/log/redis.log"
  fi
}

redis_stop() {
  local pid
  pid=$(redis_pid) || return 0
  kill -TERM "$pid"
  wait_until none_left redis-server || die "Redis did not stop within $patience s"
}

redis_kill() { kill_all redis-server; }

redis_create() {
  # The append-only file brings the data back after redis-stop, or after a crash.
  install -o "$uid" -m 600 /dev/null "$state/redis.conf"
  cat >"$state/redis.conf" <<CONF
bind 127.0.0.1
port $redis_port
requirepass $redis_password
dir /state/redis
appendonly yes
save ""
CONF
  redis_start
}

# ---------------------------------------------------------------------------- both

password() { od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Prints a free port from $1 up to $1 + 5999. All of these are below the ports that outgoing
# connections are given, so nobody is handed the port while a test has the server down.
free_port() {
  local port
  for _ in {1..100}; do
    port=$(($1 + RANDOM % 6000))
    (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  die "no free port from $1 on"
}

load_state() {
  [[ -f $state/env ]] || die "the servers are not up: run $self up"
  # shellcheck source=/dev/null
  . "$state/vars"
}

# Written by every 'up': the servers may have been started by another checkout.
write_env() {
  write_clients
  local pg=127.0.0.1:$pg_port
  (
    umask 077
    cat >"$state/env.new" <<ENV
TEST_DATABASE_URL=postgresql://fa_owner:$owner_password@$pg/family_test
TEST_APP_DATABASE_URL=postgresql://fa_login:$login_password@$pg/family_test
TEST_BACKUP_DATABASE_URL=postgresql://fa_backup:$backup_password@$pg/family_test
TEST_PG_BIN=$base/bin
TEST_SUPERUSER_DATABASE_URL=postgresql://postgres:$superuser_password@$pg/postgres
TEST_REDIS_URL=redis://:$redis_password@127.0.0.1:$redis_port/0
TEST_SERVERS_CTL=$self
TEST_RECOVERED_DIR=$state/recovered
ENV
  )
  mv "$state/env.new" "$state/env"
}

# With $FA_SERVERS_IN_MEMORY (a size, such as 8g) the data are in memory, where a sync costs
# nothing: they outlive every process, but not the machine. Without the means, they are on the disk.
mount_state() {
  [[ -z ${FA_SERVERS_IN_MEMORY:-} ]] ||
    mount -t tmpfs -o "size=$FA_SERVERS_IN_MEMORY,mode=755" family-assistant "$state" 2>/dev/null ||
    say 'no memory file system can be mounted here: the data are on the disk'
}

down() {
  # 'immediate' since the data goes anyway; better than SIGKILL, which leaves shared memory behind.
  if pg_pid >/dev/null; then (pg_stop immediate) || true; fi
  kill_all postgres
  kill_all redis-server
  ! mountpoint -q "$state" || umount -l "$state"
  rm -rf "$state"
}

up() {
  # $state/env is the last thing written, so without it an earlier 'up' did not get to the end.
  if tree_complete && [[ -f $state/env ]] && pg_pid >/dev/null && redis_pid >/dev/null; then
    load_state
  else
    down
    tree_complete || { rm -rf "$tree"; build_tree; }
    install -d -o "$uid" -g "$uid" "$tree/var/run/postgresql"
    ln -sfn tree/state "$base/state"
    install -d "$state"
    mount_state
    install -d -o "$uid" -g "$uid" -m 700 "$state"/{pg,redis,log}
    pg_port=$(free_port 20000) redis_port=$(free_port 26000)
    superuser_password=$(password) owner_password=$(password)
    login_password=$(password) backup_password=$(password) redis_password=$(password)
    (umask 077
      declare -p {pg,redis}_port {superuser,owner,login,backup,redis}_password |
        sed 's/^declare -- //' >"$state/vars")
    pg_create
    redis_create
  fi
  write_env
  say "PostgreSQL on port $pg_port, Redis on port $redis_port; variables in $base/state/env"
}

status() {
  local pid up=0
  if pid=$(pg_pid); then echo "PostgreSQL: runs, pid $pid, port $pg_port"
  else up=1; echo 'PostgreSQL: stopped'; fi
  if pid=$(redis_pid); then echo "Redis: runs, pid $pid, port $redis_port"
  else up=1; echo 'Redis: stopped'; fi
  echo "Logs: $base/state/log"
  return $up
}

if (($# == 0)) || { [[ $1 != psql && $1 != inside ]] && (($# > 1)); }; then usage; fi
case $1 in
  up | down | env | status | psql | inside | pg-stop | pg-start | pg-kill | redis-stop | redis-start | redis-kill | \
    pg-recover | pg-recover-stop) ;;
  *) usage ;;
esac
[[ $major =~ ^1[5-8]$ ]] || die "there is no PostgreSQL $major here"
((EUID == 0)) || die 'must run as root'

# One change at a time. Whoever takes part in an interrupted 'up' (apt, say) has the lock too,
# so that the next one waits for it rather than work in the same folder.
mkdir -p "$base"
case $1 in
  env | status | psql | inside) ;;
  *)
    # A server would keep what the caller has open: a pipe, say, whose end somebody waits for.
    for fd in "/proc/$$/fd"/*; do
      [[ ${fd##*/} -le 2 || $fd -ef $self ]] || eval "exec ${fd##*/}>&-"
    done
    exec 9>"$base/lock"
    flock -w 900 9 || die "another servers.sh has been at work for 15 minutes"
    ;;
esac

[[ $1 == up || $1 == down ]] || load_state
case $1 in
  up) up ;;
  down) down ;;
  env) cat "$state/env" ;;
  status) status ;;
  psql) shift; psql_superuser "$@" ;;
  inside) shift; "${inside[@]}" "$@" ;;
  *) "${1//-/_}" ;;   # pg-stop and the like: the function of that name
esac
