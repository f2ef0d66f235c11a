#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# outbox-status and "Send with Outbox" in the Plasma of Debian 12, on a screen in memory. Needs root and debootstrap, and a build on Debian 12.
#
#   plasma.sh ROOT BUILD   ROOT is made by debootstrap where it is absent
#
# PICTURES names a folder for what the screen shows.
set -euo pipefail
root=$1 build=$(realpath "$2")
source=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/campaign/other-debian.sh
. "$source/tests/campaign/other-debian.sh"

export FOLDERS="$source $build ${PICTURES:-}"
make_debian bookworm "$root" plasma-desktop plasma-workspace kwin-x11 dolphin breeze breeze-icon-theme fonts-dejavu-core xvfb xdotool imagemagick dbus-daemon \
  libglib2.0-bin libsoup-3.0-0 libjson-glib-1.0-0 libsqlite3-0 libxxhash0 libsecret-1-0 libdbusmenu-glib4 glib-networking shared-mime-info \
  ca-certificates procps iproute2 python3
rm -rf "$build/plasma"
meson install -C "$build" --no-rebuild --quiet --destdir "$build/plasma"
data=$(dirname "$(find "$build/plasma" -type d -path '*/share/applications')")
enter_debian "$root" QT_QPA_PLATFORM=offscreen plasmashell --version
enter_debian "$root" PYTHONDONTWRITEBYTECODE=1 PICTURES="${PICTURES:-}" LD_LIBRARY_PATH="$build/client/lib" PYTHONPATH="$source/tests/setup" \
  XDG_DATA_DIRS="$data:/usr/share" timeout -k 10 600 python3 "$source/tests/campaign/plasma.py" \
  "$build/client/status/outbox-status" "$build/client/cli/outbox" "$build/daemon/outboxd" "$build/tests/receiver/outbox-receiver"
