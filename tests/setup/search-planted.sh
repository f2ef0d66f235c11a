#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# search-planted.sh FILE|FOLDER…: looks for the secrets that tests plant, in all that the tests leave. Each of them has the mark in it: as it
# is, or as base64 has it, whose letters depend on what stands before it (RFC 4648). Names the files that have one, and fails if there are any.
#
# These have a right to one, and are left out:
#   *.secret           where Outbox keeps it, of mode 0600
#   sign-in.conf       the administrator's or the person's own file, with a command that prints a token
#   store, at-server   what a server of the test keeps
# So are files of 256 MiB and more, which are media that tests send.
set -u

found=$(find "$@" -type d \( -name store -o -name at-server \) -prune -o -type f -size -262144k ! -name '*.secret' \
  ! -name sign-in.conf -exec grep -laF -e pl4nted -e cGw0bnRlZ -e BsNG50ZW -e wbDRudGVk {} + 2>/dev/null)
[ -n "$found" ] || exit 0
echo "$found" | sed "s|$| has a secret that a test has planted|"
exit 1
