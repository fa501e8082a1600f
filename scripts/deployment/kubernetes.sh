#!/usr/bin/env bash
# Installs the Helm chart on the cluster that KUBECONFIG names and proves docs/operations/KUBERNETES.md there: install, upgrade
# and rollback under load, the database away, a server that hangs, backup and restore, another signing key, uninstall.
# What it makes is in the namespaces family and family-volumes, which must not be there, and in /var/tmp of one node; it
# deletes them at the end. Settings:
#   FA_K8S_EXEC        prefix of a command that needs kubectl, helm and addresses of Services: what enters a node's network
#   FA_K8S_LOAD_IMAGE  command that brings the images of the local Docker engine whose names follow to the nodes
#                      (default: kind load docker-image, where there is kind)
#   FA_K8S_UP, FA_K8S_DOWN  commands that start a cluster before, and end it
#   FA_K8S_KEEP        not empty: what was made is left there at the end, to be looked at
#   FA_K8S_PART        sample: install, upgrade under load and uninstall alone, in three minutes
# Exit 75: no cluster is named, or no images can be brought to it.
set -euo pipefail
cd "$(dirname "$0")/../.."
node=$PWD/node_modules/.bin/node
version=$("$node" -p 'JSON.parse(require("node:fs").readFileSync("package.json", "utf8")).version')
read -ra exec_in <<<"${FA_K8S_EXEC-}"
read -ra load <<<"${FA_K8S_LOAD_IMAGE-}"
engine=0
# Where scripts/deployment/helm.sh has put helm, if nobody else has it.
for folder in "${FA_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant}"/helm-*; do PATH=$PATH:$folder; done

not_run() {
  echo "kubernetes: not run, $1" >&2
  exit 75
}
# Logs and commands in pods go by the name of the node, which nobody may have told the API server of a cluster that was
# made on this machine.
NAMED='# until the end of scripts/deployment/kubernetes.sh'
name_nodes() {
  local address name
  while read -r address name; do
    getent hosts "$name" >/dev/null || echo "$address $name $NAMED" >>/etc/hosts
  done < <("${exec_in[@]}" kubectl get nodes --output \
    'jsonpath={range .items[*]}{.status.addresses[?(@.type=="InternalIP")].address} {.status.addresses[?(@.type=="Hostname")].address}{"\n"}{end}')
}
forget_nodes() {
  ! grep -qs "$NAMED" /etc/hosts || { grep -v "$NAMED" /etc/hosts >"$work/hosts"; cat "$work/hosts" >/etc/hosts; }
}

finish() {
  forget_nodes
  rm -rf "$work"
  [[ -z ${FA_K8S_DOWN-} ]] || $FA_K8S_DOWN >&2 || true
  ((engine == 0)) || scripts/deployment/engine.sh down
}

[[ -n ${KUBECONFIG-}${FA_K8S_EXEC-}${FA_K8S_UP-} ]] || not_run 'KUBECONFIG names no cluster'
if ((${#load[@]} == 0)); then
  command -v kind >/dev/null || not_run 'FA_K8S_LOAD_IMAGE names no command that brings images to the cluster'
  load=(kind load docker-image)
fi
work=$(mktemp -d)
trap finish EXIT

# First, since it fails soonest.
[[ -z ${FA_K8S_UP-} ]] || $FA_K8S_UP >&2 || not_run 'FA_K8S_UP starts no cluster'
docker info >/dev/null 2>&1 || engine=1
FA_IMAGE_TAG=$version-kubernetes bash scripts/deployment/image.sh build
# The version that is upgraded to: the same image by another name.
for name in family-assistant family-assistant-tools; do docker tag "$name:$version-kubernetes" "$name:$version-next"; done
for name in postgres redis; do
  docker build --quiet --target "$name" --tag "family-assistant-stand-in/$name:local" scripts/deployment/stand-ins >/dev/null 2>&1 ||
    not_run "there is no stand-in for $name"
done

for program in kubectl helm; do
  "${exec_in[@]}" "$program" version >/dev/null 2>&1 || not_run "$program reaches no cluster"
done
((EUID != 0 || ${#exec_in[@]} == 0)) || name_nodes
"${load[@]}" family-assistant{,-tools}:"$version"-{kubernetes,next} family-assistant-stand-in/{postgres,redis}:local >/dev/null

FA_DATABASE_HOST=postgres FA_REDIS_HOST=redis bash scripts/deployment/secrets.sh "$work/secrets" 2>/dev/null
"$node" dist/src/cli/main.js backup keygen "$work/verification.key" >"$work/recipient"
ln -s "$PWD/helm" "$work/helm"

"${exec_in[@]}" env FA_WORK="$work" FA_TAG="$version-kubernetes" FA_NEXT_TAG="$version-next" \
  FA_PART="${FA_K8S_PART:-whole}" "$node" scripts/deployment/kubernetes-checks.mjs
