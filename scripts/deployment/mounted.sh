#!/usr/bin/env bash
# For scripts that have `dc`, Compose with the options of the installation.

# Prints the folder of this machine that a service has under a path. Compose says it, so that all it depends on is the same
# as for the container: the file of the settings, the environment, the defaults.
#   mounted SERVICE PATH_IN_THE_CONTAINER
mounted() {
  local folder
  folder=$(dc config "$1" | awk -v target="target: $2" '
    { sub(/^[ -]+/, "") }
    /^source: / { source = substr($0, 9) }
    $0 == target { print source }')
  [[ -d $folder ]] || { echo "docker-compose.prod.yml: $1 has no folder of this machine under $2" >&2; return 1; }
  echo "$folder"
}
