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
packages="gnome-shell gjs libgl1-mesa-dri adwaita-icon-theme fonts-dejavu-core dbus-daemon libglib2.0-bin libsoup-3.0-0 libjson-glib-1.0-0 libsqlite3-0
  libxxhash0 libsecret-1-0 libgnutls30t64 glib-networking shared-mime-info ca-certificates procps iproute2"

# In a plain chroot nobody could make the namespaces of a test.
enter ()
{
  unshare -m --propagation private bash -euc '
    root=$1
    shift
    mount --bind "$root" "$root"
    mount --bind /proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    mount -t tmpfs tmpfs "$root/run"
    for folder in "$OUTBOX_SOURCE" "$OUTBOX_BUILD" "$OUTBOX_PICTURES"; do
      [ -n "$folder" ] || continue
      mkdir -p "$root$folder"
      mount --bind "$folder" "$root$folder"
    done
    mkdir -p "$root/mnt/old"
    cd "$root"
    pivot_root . mnt/old
    cd /
    umount -l /mnt/old
    exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"' \
    bash "$root" "$@"
}

export OUTBOX_SOURCE=$source OUTBOX_BUILD=$build OUTBOX_PICTURES=${PICTURES:-}
if [ ! -e "$root.complete" ]; then
  rm -rf "$root"
  mkdir -p "$root"
  debootstrap --variant=minbase "$release" "$root" >"$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  # shellcheck disable=SC2086 # a list of words on purpose
  enter apt-get install -y -qq --no-install-recommends $packages >>"$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
  touch "$root.complete"
fi
enter gnome-shell --version
enter OUTBOXD="$build/daemon/outboxd" RECEIVER="$build/tests/receiver/outbox-receiver" OUTBOX_LOCALEDIR="$build/po" PICTURES="${PICTURES:-}" \
  LD_LIBRARY_PATH="$build/client/lib" INDICATOR_43="$build/client/gnome-shell/43/outbox@outbox.org" \
  INDICATOR_45="$build/client/gnome-shell/45/outbox@outbox.org" SHELL_PERSON="$source/tests/support/gnome-shell.js" \
  timeout -k 10 7200 "$build/tests/integration/$program" "$@"
