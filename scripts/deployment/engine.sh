#!/usr/bin/env bash
# A Docker engine for the tests of the image.
#   engine.sh up    uses the one that runs, or else installs Debian's docker.io and starts it
#   engine.sh down  stops the one that this script started; images and volumes stay in its folder
# Exit 75: there is none and none can be had here (not root, no Debian mirror, a kernel that forbids it).
set -euo pipefail
base=${FA_DOCKER_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant/docker}
pid_file=$base/dockerd.pid
NOT_RUN=75
START_LIMIT=120

say() { echo "engine: $*" >&2; }
not_had() { say "$*"; exit "$NOT_RUN"; }
answers() { docker info >/dev/null 2>&1; }

install_engine() {
  ((EUID == 0)) || not_had 'no Docker engine runs, and only root may install one'
  command -v apt-get >/dev/null || not_had 'no Docker engine, and no apt-get to install one'
  say "installing Debian's docker.io"
  apt-get update -qq >/dev/null 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables >/dev/null 2>&1 ||
    not_had 'docker.io cannot be installed'
}

# Given no service manager, dockerd is started by hand, with images in a folder of its own.
start_engine() {
  ((EUID == 0)) || not_had 'no Docker engine runs, and only root may start one'
  mkdir -p "$base"
  say "starting dockerd, its log is $base/dockerd.log"
  # Without descriptors of the caller's: who reads its output through a pipe would wait for ever.
  setsid dockerd --data-root "$base/data" --pidfile "$pid_file" </dev/null >"$base/dockerd.log" 2>&1 &
  local waited
  for ((waited = 0; waited < START_LIMIT; waited++)); do
    answers && return
    kill -0 $! 2>/dev/null || break
    sleep 1
  done
  tail -n 3 "$base/dockerd.log" >&2
  not_had 'dockerd does not start here'
}

up() {
  if ! command -v dockerd >/dev/null && ! answers; then install_engine; fi
  answers || start_engine
  say "Docker $(docker version --format '{{.Server.Version}}')"
}

down() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || { say 'none was started here'; return; }
  kill "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
  say 'stopped'
}

case "${1-} ${2-}" in
  'up ' | 'down ') "$1" ;;
  *) echo 'usage: engine.sh up|down' >&2; exit 2 ;;
esac
