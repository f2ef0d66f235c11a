#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tries search-planted.sh: it finds a secret in whatever it lies, and says nothing where there is none.
set -u

search=$(dirname "$0")/search-planted.sh
mark=pl4""nted
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# try NAME FILE EXPECTED: the text for the file comes from standard input; EXPECTED is the exit code.
try ()
{
  local folder=$work/$((n += 1)) said
  mkdir -p "$(dirname "$folder/$2")"
  cat >"$folder/$2"
  said=$("$search" "$folder")
  if [ $? -ne "$3" ] || { [ "$3" -eq 1 ] && [[ $said != *"/$2 has"* ]]; }; then
    echo "not ok $n - $1: $said"
  else
    echo "ok $n - $1"
  fi
}

echo 1..10
try "a log" log.txt 1 <<<"Authorization: Bearer $mark-token"
try "a deep folder" a/b/c/log.txt 1 <<<"$mark-token"
try "a log of a database" queue.db-wal 1 < <(printf 'a\0b\xff%s-token\0' $mark)
try "a password behind a short name" log.txt 1 < <(printf 'a:%s-password' $mark | base64)
try "a password behind a longer name" log.txt 1 < <(printf 'ab:%s-password' $mark | base64)
try "a password behind a name that is longer still" log.txt 1 < <(printf 'abc:%s-password' $mark | base64)
try "the secret's own file" secrets/depot.secret 0 <<<"$mark-token"
try "a token command" outbox/sign-in.conf 0 <<<"token-command=/bin/echo;$mark-token"
try "what a server keeps" store/1.jpg 0 <<<"$mark-token"
try "nothing" log.txt 0 <<<"planted"
