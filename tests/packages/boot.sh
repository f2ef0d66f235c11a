#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Boots a Debian with systemd as its first process, in namespaces and a control group of its own, and runs a script in it as root;
# the script's exit code is this one's. Nothing of the run is left. Needs root, debootstrap, and a cgroup2 that may be written.
# The network is this machine's, since packages come from there.
#
#   boot.sh RELEASE ROOT FOLDER SCRIPT   ROOT is made by debootstrap where it is absent, and is not changed; FOLDER is /host there
set -euo pipefail
release=$1 root=$2 host=$(realpath "$3") script=$(realpath "$4")
packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,procps,ca-certificates

if [ ! -e "$root.complete" ]; then
  rm -rf "$root"
  mkdir -p "$root"
  debootstrap --variant=minbase --include=$packages "$release" "$root" >"$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
  touch "$root.complete"
fi

groups=/sys/fs/cgroup
[ ! -d $groups/unified ] || groups=$groups/unified
scratch=$(mktemp -d "$root-XXXXXX")
group=$(mktemp -d "$groups/outbox-XXXXXX")
chmod 755 "$group"
outer=

# Everything in the namespaces ends with the first process there.
stop ()
{
  [ -z "$outer" ] || { kill -KILL "$outer" && wait "$outer"; } 2>/dev/null || true
  for _ in $(seq 50); do
    find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [ -d "$group" ] || break
    sleep 0.1
  done
  umount -R "$scratch/root" 2>/dev/null || true
  ! mountpoint -q "$scratch/root" || { echo "boot.sh: $scratch is still mounted" >&2; return 1; }
  rm -rf "$scratch"
}
trap stop EXIT

mkdir "$scratch"/{upper,work,root}
mount -t overlay -o "lowerdir=$root,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$scratch/root"
mkdir "$scratch/root/host"
mount --bind "$host" "$scratch/root/host"
cp "$script" "$scratch/root/script"
cp -L /etc/resolv.conf "$scratch/root/etc/resolv.conf"
: >"$scratch/console"

cat >"$scratch/init" <<'I'
set -eu
cd "$1"
umount -R /sys/fs/cgroup
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 run run
mount -t tmpfs tmp tmp
mount -t tmpfs -o mode=755 dev dev
mkdir -p dev/pts dev/shm dev/mqueue mnt/old
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mount -t devpts -o newinstance,ptmxmode=666 pts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs shm dev/shm
touch dev/console
mount --bind "$2" dev/console
hostname outbox
pivot_root . mnt/old
cd /
umount -l /mnt/old
exec env -i container=outbox PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=multi-user.target --show-status=no
I

(
  echo "$BASHPID" >"$group/cgroup.procs"
  exec unshare -C -m -p -u -i -f --propagation private --kill-child bash "$scratch/init" "$scratch/root" "$scratch/console"
) >"$scratch/boot.log" 2>&1 &
outer=$!

inside ()
{
  nsenter -t "$first" -m -p -u -i -C env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

for _ in $(seq 300); do
  first=$(pgrep -P $outer || true)
  [ -z "$first" ] || ! inside systemctl is-system-running 2>/dev/null | grep -qE '^(running|degraded)$' || break
  kill -0 $outer 2>/dev/null || { cat "$scratch/boot.log" "$scratch/console"; echo "$release did not boot"; exit 1; }
  sleep 0.1
done
inside bash /script
