#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What FILES="…" of "make run" names: words, patterns, quotes. Speaks TAP.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
number=0

die ()
{
  echo "$1"
  exit 1
}

# shellcheck source=tests/demo/files.sh
. "$here/files.sh"

# expect FILES NAME…: what it names, in that order; or what is said of it.
expect ()
{
  local FILES=$1 got
  shift
  number=$((number + 1))
  got=$(files=() && parse_files && printf '%s|' "${files[@]}") || true
  if [ "$got" = "$(printf '%s|' "$@")" ] || [ "$got" = "$1" ]; then
    echo "ok $number - $FILES"
  else
    echo "not ok $number - $FILES: $got"
  fi
}

cd "$place"
touch a.jpg b.jpg 'c d.jpg'
expect a.jpg a.jpg
expect 'a.jpg b.jpg' a.jpg b.jpg
expect 'c d.jpg' 'c d.jpg'
expect "'c d.jpg' a.jpg" 'c d.jpg' a.jpg
expect "'c d.jpg' [ab].jpg" 'c d.jpg' a.jpg b.jpg
expect '*.jpg' a.jpg b.jpg 'c d.jpg'
expect 'nothing.jpg a.jpg' nothing.jpg a.jpg
expect "'c d.jpg" "FILES has a quote without its partner: 'c d.jpg"
echo "1..$number"
