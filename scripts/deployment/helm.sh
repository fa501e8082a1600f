#!/usr/bin/env bash
# The Helm chart: linted, rendered for every set of values in helm/family-assistant/ci, validated strictly against the
# schemas of Kubernetes, and refused where the values are wrong. Needs no cluster. helm and kubeconform are built, and the
# schemas fetched, once, into a folder of the cache.
# Exit 75: they could not be had (no Go, no Python, no network), so nothing was tested.
set -euo pipefail
cd "$(dirname "$0")/../.."
helm=3.22.0 kubeconform=0.8.0 schemas=1.37.0
kubernetes=(1.35.0 1.36.0 1.37.0)
node=node_modules/.bin/node
cache=${FA_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/family-assistant}

not_run() {
  echo "helm: not run, $1" >&2
  exit 75
}

# Builds a program of Go's module proxy, with one core: the machine may have others to serve.
build() {
  local name=$1 version=$2 module=$3 folder=$cache/$1-$2
  [ ! -x "$folder/$name" ] || return 0
  command -v go >/dev/null || not_run 'there is no Go to build it'
  echo "building $name $version"
  mkdir -p "$cache"
  local work
  work=$(mktemp -d "$cache/building-XXXXXX")
  GOBIN=$work GOFLAGS=-p=1 GOMAXPROCS=1 CGO_ENABLED=0 go install -ldflags '-s -w' "$module@v$version" || {
    rm -rf "$work"
    not_run "$name could not be built"
  }
  rm -rf "$folder"
  mv "$work" "$folder"
}

fetch_schemas() {
  local folder=$cache/kubernetes-schemas-$schemas
  [ ! -d "$folder" ] || return 0
  mkdir -p "$cache"
  local work
  work=$(mktemp -d "$cache/schemas-XXXXXX")
  # Its schemas alone are wanted, not what it needs to run.
  python3 -m venv "$work/venv" &&
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "kubernetes-validate==$schemas" &&
    "$node" scripts/deployment/kubernetes-schemas.mjs \
      "$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/kubernetes_validate/kubernetes-json-schema" \
      "$work/schemas" "${kubernetes[@]}" || {
    rm -rf "$work"
    not_run 'the schemas of Kubernetes could not be fetched'
  }
  mv "$work/schemas" "$folder"
  rm -rf "$work"
}

build helm "$helm" helm.sh/helm/v3/cmd/helm
build kubeconform "$kubeconform" github.com/yannh/kubeconform/cmd/kubeconform
fetch_schemas

FA_HELM=$cache/helm-$helm/helm FA_KUBECONFORM=$cache/kubeconform-$kubeconform/kubeconform \
  FA_KUBERNETES_SCHEMAS=$cache/kubernetes-schemas-$schemas "$node" scripts/test.mjs -i test/deployment "$@"
