#!/usr/bin/env bash
# Installs what the named lists hold and is missing: packages/install.sh build run test
set -euo pipefail
cd "$(dirname "$0")"

wanted=()
for list in "$@"; do
  while IFS= read -r line; do
    [[ -n $line && $line != \#* ]] && wanted+=("$line")
  done < "$list.txt"
done

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ((EUID != 0)); then
  echo "missing packages; as root: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
echo "installing ${#missing[@]} packages"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# Services of these packages are not wanted: haneul starts its own, under its state directory.
policy=/usr/sbin/policy-rc.d
made_policy=
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod +x $policy
  made_policy=1
fi
if ! { apt-get update -o DPkg::Lock::Timeout=600 &&
  apt-get install -y -o DPkg::Lock::Timeout=600 --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
  tail -n 20 "$log" >&2
  [[ -n $made_policy ]] && rm -f $policy
  exit 1
fi
[[ -n $made_policy ]] && rm -f $policy
rm -f "$log"
