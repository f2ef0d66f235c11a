#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what building and testing need, and only what is missing. Root, or sudo where something is missing.
set -eu

packages="meson ninja-build pkg-config gcc gettext dbus glib-networking
  libglib2.0-dev libsoup-3.0-dev libsqlite3-dev libjson-glib-dev libgnutls28-dev"

missing=
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  as_root=sudo
  command -v sudo >/dev/null || { echo "install.sh: missing, and neither root nor sudo:$missing" >&2; exit 1; }
fi
echo "install.sh: installing$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of words on purpose
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
