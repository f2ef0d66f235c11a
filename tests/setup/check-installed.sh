#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what was built, reads the unit, and starts the programs from their prefix: the command finds its library without
# LD_LIBRARY_PATH and without the linker's cache, and the bus and the unit start a daemon that is there. This machine gets none of
# it: the files are collected in a folder, which is the prefix in a mount namespace alone. Prints TAP.
#
#   check-installed.sh BUILD PREFIX
set -euo pipefail
build=$1 prefix=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# result NAME COMMAND…: prints a line of TAP, and what was said where the command fails.
result ()
{
  local name=$1
  shift
  n=$((n + 1))
  if "$@" >"$work/said" 2>&1; then
    echo "ok $n /installed/$name"
  else
    sed 's/^/# /' "$work/said"
    echo "not ok $n /installed/$name"
  fi
}

# skip NAME WHY
skip ()
{
  n=$((n + 1))
  echo "ok $n /installed/$1 # SKIP $2"
}

# has_setting SECTION LINE: whether the unit has that line there.
has_setting ()
{
  awk -v section="[$1]" -v line="$2" '/^\[/ { at = $0 } at == section && $0 == line { found = 1 } END { exit !found }' "$unit"
}

# Files are anywhere, and some are found by their paths.
hides_no_part_of_the_file_system ()
{
  ! grep -E '^(Private(Tmp|Devices|Mounts|Network)|Protect|Root|TemporaryFileSystem|DynamicUser|([A-Z][a-z]+)+Paths)[A-Za-z]*=' "$unit"
}

# It takes away all that the namespace needs.
generator_says_without ()
{
  local generator=$work/root$prefix/lib/systemd/user-generators/outbox-generator
  local drop_in=$work/units/outboxd.service.d/50-outbox-no-user-namespace.conf
  mkdir -p "$work/units"
  "$generator" "$work/units" "$work/units" "$work/units"
  if unshare -U true 2>/dev/null; then
    [ ! -e "$drop_in" ]
    # In a namespace that may have none in it.
    unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"' sh "$generator" "$work/units" "$work/units" "$work/units"
  fi
  grep -q '^PrivateUsers=no$' "$drop_in"
}

# The exposure that systemd reckons, in tenths. What is left is the network, and the file system.
exposes_no_more_than ()
{
  command -v systemd-analyze >/dev/null || { echo "there is no systemd-analyze"; return 1; }
  mkdir -p "$work/run"
  XDG_RUNTIME_DIR=$work/run systemd-analyze security --user --offline=true --threshold="$1" "$unit" | tail -n 1
}

# What a software centre and a menu show.
desktop_files_are_good ()
{
  local share=$work/root$prefix/share
  desktop-file-validate "$share"/applications/*.desktop
  appstreamcli validate --no-net --explain "$share"/metainfo/*.xml
  for icon in "$share"/icons/hicolor/*/apps/org.outbox.*.svg; do
    python3 -c 'import sys, xml.etree.ElementTree as tree; tree.parse (sys.argv[1])' "$icon"
  done
  icon=$(sed -n 's/^Icon=//p' "$share/applications/org.outbox.Outbox1.desktop")
  [ -f "$share/icons/hicolor/scalable/apps/$icon.svg" ]
  grep -q '^Comment\[de\]=' "$share/applications/org.outbox.Outbox1.desktop"
}

# Each module that a page's library imports was installed with it, and so was the example.
library_is_whole ()
{
  cd "$work/root$prefix/share/outbox/js"
  [ -f outbox.d.ts ] && [ -f example/index.html ] && [ -f example/capture.css ]
  for module in $(sed -nE "s/.* from '\.\/([a-z]+\.js)';/\1/p" ./*.js | sort -u) example/capture.js; do
    [ -f "$module" ] || { echo "$module is missing"; return 1; }
  done
}

# there SCRIPT: in bash, where the prefix is what was installed.
there ()
{
  env -u LD_LIBRARY_PATH unshare -Urm bash -euc 'prefix=$2
    mount --bind "$1" "$prefix"
    [ ! -e /etc/ld.so.cache ] || mount --bind /dev/null /etc/ld.so.cache
    eval "$3"' bash "$work/root$prefix" "$prefix" "$1"
}

meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
unit=$work/root$prefix/lib/systemd/user/outboxd.service

# A daemon that fails for an hour, on a disk that is slow to come, is started all the same when the disk is there.
result unit/starts-again-however-often has_setting Unit StartLimitIntervalSec=0
result unit/starts-again-after-a-failure has_setting Service Restart=on-failure
result unit/is-ready-with-its-name has_setting Service BusName=org.outbox.Outbox1
result unit/hides-no-part-of-the-file-system hides_no_part_of_the_file_system
result unit/exposes-no-more-than-4.0 exposes_no_more_than 40
result unit/does-without-where-there-is-no-user-namespace generator_says_without
result desktop-files-are-good desktop_files_are_good
result pages-have-their-library library_is_whole

if [ "$prefix" != /usr ] && unshare -Urm mount --bind "$work" "$prefix" 2>/dev/null; then
  result command-finds-its-library there '[[ $("$prefix/bin/outbox" --version) == "outbox "* ]]'
  result bus-and-unit-start-the-daemon there '
    for file in "$prefix/share/dbus-1/services/org.outbox.Outbox1.service" "$prefix/lib/systemd/user/outboxd.service"; do
      program=$(sed -n "s/^Exec\(Start\)\?=\"\(.*\)\"\$/\2/p" "$file") # quoted: a prefix may have blanks
      [[ $("$program" --version) == "outboxd "* ]]
    done'
else
  skip command-finds-its-library "no folder can be mounted on $prefix here"
  skip bus-and-unit-start-the-daemon "no folder can be mounted on $prefix here"
fi
echo "1..$n"
