#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whether the comparison at the end of "make run" finds what is wrong: one case where all is exact, then one thing wrong at
# a time. Speaks TAP.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
number=0

# Two files of one name, as they are when all is exact.
exact='
  def sum($c): $c * 64;
  def upload($id; $c; $size): {id: $id, name: "a b.jpg", state: "done", media_type: "image/jpeg", sha256: sum($c),
                               size: $size, receipt: {record: "rec-\($id)", confirmed_at: 1}};
  def stored($id; $c; $size): {outbox_id: $id, id: "at-\($id)", finished: true, size: $size, sha256: sum($c),
                               metadata: {filename: "a b.jpg", filetype: "image/jpeg", outbox_id: $id, job: "7",
                                          outbox_modified_at: "2026-01-02T03:04:05Z"}};
  def file($id; $c; $size): {id: $id, name: "a b.jpg", sha256: sum($c), $size, made: "2026-01-02T03:04:05Z"};
  {files: [file("1"; "1"; 10), file("2"; "2"; 0)],
   uploads: [upload("1"; "1"; 10), upload("2"; "2"; 0)],
   server: [stored("1"; "1"; 10), stored("2"; "2"; 0)],
   carried: {"/files/at-1": 13}, metadata: {job: "7"}}'

# judge CHANGE: what the comparison makes of it.
judge ()
{
  jq -n "$exact | $1" | jq -c '.files as $files | .uploads as $uploads | .server as $server | .carried as $carried
    | .metadata as $metadata | '"$(cat "$here/verdict.jq")"
}

# expect WHAT CHANGE FILTER: the filter must be true of the verdict.
expect ()
{
  number=$((number + 1))
  if judge "$2" | jq -e "$3" >/dev/null; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1"
    judge "$2" | sed 's/^/# /'
  fi
}

# finds WHAT CHANGE WORDS
finds ()
{
  expect "$1" "$2" ".wrong | any(contains(\"$3\"))"
}

echo 1..18
expect exact . '.wrong == [] and .twice == 3 and (.rows | length) == 2'
expect what-was-sent-twice-is-per-file . '.rows | map(.[4]) == ["3 B", "0 B"]'
expect a-server-that-tells-only-lengths '.server |= map(.sha256 = null | .metadata = null) | .carried = null' \
  '.wrong == [] and .rows[0][4] == "not known"'
finds missing-at-the-server '.server = .server[1:]' "is 0 times at the server"
finds twice-at-the-server '.server += [.server[0] | .id = "other"]' "is 2 times at the server"
finds unfinished-at-the-server '.server[0].finished = false' "is 0 times at the server"
finds left-over-at-the-server '.server += [.server[0] | .id = "other" | .finished = false]' "unfinished as well"
finds of-nobody-at-the-server '.server += [.server[0] | .outbox_id = "9"]' "an upload of nobody"
finds other-bytes '.server[1].sha256 = .server[0].sha256' "other bytes"
finds other-size '.server[0].size = 9' "arrived with 9 bytes"
finds other-name '.server[0].metadata.filename = "b.jpg"' "other metadata"
finds metadata-missing '.server[0].metadata |= del(.job)' "other metadata"
finds another-time '.server[0].metadata.outbox_modified_at = "2026-01-02T03:04:06Z"' "other metadata"
finds not-done '.uploads[0].state = "confirming"' "is confirming in Outbox"
finds not-confirmed '.uploads[0] |= del(.receipt)' "was not confirmed"
finds renamed-in-outbox '.uploads[0].name = "x"' "is called x in Outbox"
finds other-digest-in-outbox '.uploads[0].sha256 = "f"' "another SHA-256 in Outbox"
finds forgotten-by-outbox '.uploads = .uploads[1:]' "is unknown in Outbox"
