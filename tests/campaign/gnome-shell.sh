#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the test of the indicator in the GNOME Shell of another Debian, in a mount namespace of its own. Needs root and debootstrap.
#
#   gnome-shell.sh RELEASE ROOT BUILD TEST [ARGUMENT…]   ROOT is made by debootstrap where it is absent; ARGUMENTs are the test's
#
# PICTURES names a folder for those that the test takes.
set -euo pipefail
release=$1 root=$2 build=$(realpath "$3") program=$4
source=$(realpath "$(dirname "$0")/../..")
shift 4
# shellcheck source=tests/campaign/other-debian.sh
. "$source/tests/campaign/other-debian.sh"

export FOLDERS="$source $build ${PICTURES:-}"
make_debian "$release" "$root" gnome-shell gjs libgl1-mesa-dri adwaita-icon-theme fonts-dejavu-core dbus-daemon libglib2.0-bin libsoup-3.0-0 \
  libjson-glib-1.0-0 libsqlite3-0 libxxhash0 libsecret-1-0 libgnutls30t64 glib-networking shared-mime-info ca-certificates procps iproute2
enter_debian "$root" gnome-shell --version
enter_debian "$root" OUTBOXD="$build/daemon/outboxd" RECEIVER="$build/tests/receiver/outbox-receiver" OUTBOX_LOCALEDIR="$build/po" \
  PICTURES="${PICTURES:-}" LD_LIBRARY_PATH="$build/client/lib" INDICATOR_43="$build/client/gnome-shell/43/outbox@outbox.org" \
  INDICATOR_45="$build/client/gnome-shell/45/outbox@outbox.org" SHELL_PERSON="$source/tests/support/gnome-shell.js" \
  timeout -k 10 7200 "$build/tests/integration/$program" "$@"
