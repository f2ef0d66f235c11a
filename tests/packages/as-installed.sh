#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Root, in a fresh Debian that has booted: runs what debian/tests has on the packages of /host, as autopkgtest would.
set -euo pipefail
apt-get update -qq
apt-get install -y -qq --no-install-recommends $(find /host -maxdepth 1 -name "*.deb" ! -name "*dbgsym*") \
  nginx-light python3-gi gcc libc6-dev pkg-config valac gjs desktop-file-utils libglib2.0-bin libgl1-mesa-dri >/srv/apt.log 2>&1 \
  || { cat /srv/apt.log; exit 1; }
systemctl stop nginx
for test in /host/tests/*; do
  [ -x "$test" ] || continue
  AUTOPKGTEST_TMP=$(mktemp -d)
  export AUTOPKGTEST_TMP
  "$test"
  echo "ok: debian/tests/${test##*/}"
done
