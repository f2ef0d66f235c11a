#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Holds the source to the house rules that a program can check: the head of each file, its length, imports that point down only,
# the formatting of what is installed. Says every place, and fails if there is one; ends with 77 (skipped) where the formatter is not Debian 12's, since its
# versions differ in what they make of one configuration.
set -euo pipefail
cd "$(dirname "$0")/../.."

most_lines=500
mapfile -t product < <(find daemon client dbus -name '*.[ch]' | sort)
mapfile -t tests < <(find tests -name '*.[ch]' | sort)
bad=0

say ()
{
  echo "$*"
  bad=1
}

for file in "${product[@]}" "${tests[@]}"; do
  head -n 2 "$file" | tr -d '\n' | grep -q 'SPDX-FileCopyrightText: The Outbox authors.*SPDX-License-Identifier: LGPL-2.1-or-later' \
    || say "$file: does not begin with the two SPDX lines"
  [[ $file != *.h ]] || grep -q '^#pragma once$' "$file" || say "$file: has no #pragma once"
  ! grep -nP '\t|\bgoto\b|[ ]+$' "$file" || say "$file: a tab, a goto, or blanks at the end of a line"
done
for file in "${product[@]}"; do
  [ "$(wc -l <"$file")" -le $most_lines ] || say "$file: longer than $most_lines lines"
done

# layer NAME BELOW…: whatever else it includes of the daemon is beside it or above it.
layer ()
{
  local name=$1 own
  own=$(IFS='|'; echo "$*")
  ! grep -rnoE '#include "(base|model|policy|store|transfer|broker|ipc)/[^"]*"' "daemon/$name" | grep -vE "\"($own)/" \
    || say "daemon/$name: includes what it must not know"
}

layer base
layer model base
layer policy base model
layer store base model
layer transfer base model
layer broker base model policy store transfer
layer ipc base model policy broker
! grep -rnE '#include "(base|model|policy|store|transfer|broker|ipc)/' client dbus --include='*.[ch]' \
  | grep -v '^dbus/states-doc.c:' || say "clients and the contract know nothing of the daemon"

if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
  echo "formatting was not checked: there is no clang-format 14"
  [ $bad -eq 1 ] || bad=77
elif ! clang-format --style=file --dry-run --Werror "${product[@]}"; then
  bad=1
fi
exit $bad
