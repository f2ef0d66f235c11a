# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced: another Debian in a folder, and programs that run in it. Needs root and debootstrap.

# make_debian RELEASE ROOT PACKAGE…: makes ROOT by debootstrap where it is absent
make_debian ()
{
  local release=$1 root=$2
  shift 2
  [ ! -e "$root.complete" ] || return 0
  rm -rf "$root"
  mkdir -p "$root"
  debootstrap --variant=minbase "$release" "$root" >"$root.log" 2>&1 || { tail -n 20 "$root.log"; return 1; }
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  enter_debian "$root" apt-get install -y -qq --no-install-recommends "$@" >>"$root.log" 2>&1 || { tail -n 20 "$root.log"; return 1; }
  touch "$root.complete"
}

# enter_debian ROOT COMMAND…: with the folders of FOLDERS where they are here. In a plain chroot nobody could make the namespaces of a test.
enter_debian ()
{
  # shellcheck disable=SC2016 # the inner shell's
  unshare -m --propagation private bash -euc '
    root=$1
    shift
    mount --bind "$root" "$root"
    mount --bind /proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
    mount -t tmpfs tmpfs "$root/run"
    for folder in $FOLDERS; do
      mkdir -p "$root$folder"
      mount --bind "$folder" "$root$folder"
    done
    mkdir -p "$root/mnt/old"
    cd "$root"
    pivot_root . mnt/old
    cd /
    umount -l /mnt/old
    exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"' \
    bash "$@"
}
