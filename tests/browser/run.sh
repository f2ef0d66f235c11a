#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh SCRIPT [ARGUMENT…]: runs a script of this folder in a network of its own, where the broker's own ports are free and nobody
# else is, with processes of its own, which all end with it, and with a policy of Chromium's that lets two sites reach programs of this
# device without asking anybody. Prints TAP.
set -eu
TOOLS=${OUTBOX_TOOLS:-$TOOLS}
export TOOLS
here=$(cd "$(dirname "$0")" && pwd)
space="unshare --user --map-root-user --net --pid --fork --kill-child --mount-proc"
if ! $space true 2>/dev/null; then
  echo "1..0 # SKIP no namespaces can be made here ($space)"
  exit 0
fi
script=$here/$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tmp" "$work/chromium/policies/managed"
echo '{"LoopbackNetworkAllowedForUrls": ["https://public.example:7300", "https://around.example:7300"]}' \
  >"$work/chromium/policies/managed/outbox.json"
# shellcheck disable=SC2086 # a list of words
TMPDIR=$work/tmp $space sh -euc 'ip link set lo up
  [ ! -d /etc/chromium ] || mount --bind "$1" /etc/chromium
  shift
  exec "$@"' sh "$work/chromium" "$here/../setup/node.sh" "$TOOLS" "$script" "$@"
