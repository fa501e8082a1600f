#!/usr/bin/env bash
# Stand-ins for the public images that docker/Dockerfile begins with, for machines that cannot pull them. Made of Debian's
# own packages by debootstrap, and of the Node 24 that the project brings, under the public names:
#   debian:trixie-slim        Debian 13, the smallest set
#   node:24-trixie-slim       the same with node and npm where the public image has them
# Images of these names that are there already are left alone. Exit 75: neither to be pulled nor to be made here.
set -euo pipefail
cd "$(dirname "$0")/../.."
DEBIAN=debian:trixie-slim
NODE=node:24-trixie-slim
NOT_RUN=75
LABEL=org.family-assistant.stand-in
work=''

say() { echo "base image: $*" >&2; }
not_had() { say "$*"; exit "$NOT_RUN"; }
there() { docker image inspect "$1" >/dev/null 2>&1; }

finish() { [[ -z $work ]] || rm -rf "$work"; }
trap finish EXIT

mirror() {
  # shellcheck disable=SC2016  # apt's own $(...)
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | head -n 1
}

# What a registry would give is better than a stand-in; asked once.
pull() { timeout "${FA_PULL_TIMEOUT:-300}" docker pull --quiet "$1" >/dev/null 2>&1; }

make_debian() {
  ((EUID == 0)) || not_had 'only root can run debootstrap'
  command -v debootstrap >/dev/null ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >/dev/null 2>&1 ||
    not_had 'debootstrap cannot be installed'
  local uri root=$work/root
  uri=$(mirror)
  [[ -n $uri ]] || { apt-get update -qq >/dev/null 2>&1; uri=$(mirror); }
  [[ -n $uri ]] || not_had 'apt knows no Debian mirror'
  say "debootstrap of Debian 13 from $uri"
  debootstrap --variant=minbase --include=ca-certificates trixie "$root" "$uri" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 3 "$work/debootstrap.log" >&2; not_had 'debootstrap failed'; }
  # What the public slim image leaves out, too.
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/log/* \
    "$root"/usr/share/{doc,man,info,locale,i18n/charmaps}
  # The authorities that this machine trusts: it may reach its mirrors through one of its own.
  [[ ! -r /etc/ssl/certs/ca-certificates.crt ]] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  tar -C "$root" -c . | docker import --change 'CMD ["bash"]' --change "LABEL $LABEL=debootstrap" - "$DEBIAN" >/dev/null
}

make_node() {
  local root=$work/node npm
  npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  [[ -r $npm/bin/npm-cli.js && -x node_modules/node/bin/node ]] || not_had 'the project is not installed, so there is no Node 24 to take'
  mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/node_modules"
  cp node_modules/node/bin/node "$root/usr/local/bin/"
  cp -rL "$npm" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  # libstdc++ is all that Node needs beyond the smallest Debian, and Debian's smallest has it.
  printf 'FROM %s\nCOPY . /\nENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt\nLABEL %s=node\nCMD ["node"]\n' \
    "$DEBIAN" "$LABEL" >"$work/Dockerfile"
  docker build --quiet --file "$work/Dockerfile" --tag "$NODE" "$root" >/dev/null
}

# $1: its public name, $2: what makes the stand-in
have() {
  if there "$1"; then return; fi
  if [[ ${FA_PULL-1} == 1 ]] && pull "$1"; then
    say "$1 was pulled"
    return
  fi
  "$2"
  say "$1 is a stand-in made here"
}

work=$(mktemp -d)
have "$DEBIAN" make_debian
have "$NODE" make_node
