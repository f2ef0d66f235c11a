#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tries the packages of a folder in each Debian that is supported, booted from nothing for each script; those of the version before are in its
# folder "older".
#
#   try.sh PACKAGES ROOTS
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=$(realpath "$1")
mkdir -p "$2"
roots=$(realpath "$2")
passed=0 failed=0

rm -rf "$packages/tests"
cp -r "$here/../../debian/tests" "$packages/tests"
cp "$here/../../docs/monitoring.md" "$packages/"
cp "${OUTBOX_TOOLS:-$here/../../build/tools}/bin/tusd" "$packages/"
for release in bookworm trixie; do
  for script in newcomer as-installed upgrade; do
    if [ $script = upgrade ] && [ ! -e "$packages/older" ]; then
      echo "skipped: $script on $release (the history of the source is not here)"
      continue
    fi
    if timeout 600 "$here/boot.sh" $release "$roots/$release" "$packages" "$here/$script.sh" >"$packages/$script-$release.log" 2>&1; then
      passed=$((passed + 1))
      echo "ok: $script on $release"
      grep -E '^[0-9]+ ms: ' "$packages/$script-$release.log" || true
    else
      failed=$((failed + 1))
      tail -n 40 "$packages/$script-$release.log"
      echo "not ok: $script on $release ($packages/$script-$release.log)"
    fi
  done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
