#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Holds the source to the house rules that a program can check: the head of each file, its length, imports that point down only,
# structs that stay with their file, text that is clean before a row gets it, turns that the queue alone opens, the formatting of
# what is installed. Says every place, and fails if there is one; ends with 77 (skipped) where the formatter is not Debian 12's,
# since its versions differ in what they make of one configuration. try-source.sh shows that each rule finds what it is for.
#
#   check-source.sh [FOLDER]   of another tree than this one
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

most_lines=500

# Files that a rule does not hold for yet. No file joins them; one that has been mended leaves.
structs_of_others="daemon/store/ingest.h daemon/store/ingest-task.h"
readers_of_private_headers="tests/support/rig.h"
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
  sed -n 4p "$file" | grep -q '^ \* [^ ]' || say "$file: does not open with a paragraph that says what it is"
  [ "$(wc -l <"$file")" -le $most_lines ] || say "$file: longer than $most_lines lines"
done

# The scripts of pages, and of the tests that drive browsers.
mapfile -t scripts < <(find client data tests \( -name '*.js' -o -name '*.mjs' \) 2>/dev/null | sort)
for file in "${scripts[@]}"; do
  head -n 3 "$file" | tr -d '\n' | grep -q 'SPDX-FileCopyrightText: The Outbox authors.*SPDX-License-Identifier: LGPL-2.1-or-later' \
    || say "$file: does not begin with the two SPDX lines"
  ! grep -nP '\t|[ ]+$' "$file" || say "$file: a tab, or blanks at the end of a line"
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

# beside FOLDER UP: what of ipc stands above a folder of it, which must not know that.
beside ()
{
  ! grep -nE "#include \"ipc/($2)/" "daemon/ipc/$1"*.[ch] /dev/null || say "daemon/ipc/$1: includes what is above it, or another door"
}

beside "" "requests|dbus|rest"
[ ! -d daemon/ipc/requests ] || beside requests/ "dbus|rest"
[ ! -d daemon/ipc/dbus ] || beside dbus/ rest
[ ! -d daemon/ipc/rest ] || beside rest/ dbus
! grep -rnE '#include "(base|model|policy|store|transfer|broker|ipc)/' client dbus --include='*.[ch]' \
  | grep -v '^dbus/states-doc.c:' || say "clients and the contract know nothing of the daemon"

# The glossary tells in which file each word lives.
if [ -e CONTRIBUTING.md ]; then
  for file in $(sed -n '/^## Words/,/^## Rules/p' CONTRIBUTING.md | grep -oE '`[a-z]+/[a-z/-]+\.[ch]`' | tr -d '`' | sort -u); do
    [ -e "daemon/$file" ] || say "CONTRIBUTING.md: its glossary names daemon/$file, which is not there"
  done
fi

# is_in FILE FILE…: whether the first is one of the others.
is_in ()
{
  local file=$1 other
  shift
  for other in "$@"; do
    [[ $file != "$other" ]] || return 0
  done
  return 1
}

# owns_struct FILE STRUCT: whether the body of the struct is in that file, or in the source or the private header of that header.
owns_struct ()
{
  grep -qsE "^struct $2\$" "$1" "${1%.h}.c" "${1%.h}-private.h"
}

# A header is about the structs of its own file. Who needs another's includes its header, and gets what that wants to show; a
# struct that is opaque in one header has its body in a source file, where nobody else reaches its fields; where it has several
# source files, NAME.c and NAME-PART.c, in NAME-private.h, which nobody else includes.
mapfile -t structs < <(grep -oE '\bstruct _\w+' $(find daemon -name '*.h') /dev/null | sort -u)
for place in "${structs[@]}"; do
  file=${place%%:*} struct=${place##* }
  owns_struct "$file" "$struct" || is_in "$file" $structs_of_others || say "$file: names $struct, which is another file's"
done
mapfile -t bodies < <(grep -oE '^struct _\w+$' $(find daemon -name '*.h') /dev/null | sort -u)
for place in "${bodies[@]}"; do
  file=${place%%:*} struct=${place##* }
  ! grep -qE "^typedef struct $struct |^G_DECLARE_\w+ \(${struct#_}, " \
    $(find daemon -name '*.h' ! -path "$file" ! -path "${file/%-private.h/.h}") /dev/null \
    || is_in "$file" $structs_of_others || say "$file: shows the fields of $struct, which another header keeps to its file"
done

while IFS=: read -r file line; do
  private=${line#*\"} name=${private%-private.h\"}
  [[ $file =~ ^daemon/${name%s}s?(-[a-z-]+)?\.[ch]$ ]] || is_in "daemon/${private%\"}" $structs_of_others \
    || say "$file: includes a private header of other files ($line)"
done < <(grep -roE '^#include "[a-z/]*-private\.h"' daemon --include='*.[ch]')

# A test that reads private fields breaks whenever they move, and shows nothing that a caller can see.
while IFS=: read -r file line; do
  is_in "$file" $readers_of_private_headers || say "$file: tries the daemon by a private header ($line)"
done < <(grep -roE '#include "(base|model|policy|store|transfer|broker|ipc)/[^"]*-private\.h"' tests --include='*.[ch]')

# What is not written to the journal has not happened; a repair only puts right what no turn ever wrote.
! grep -rnE --include='*.[ch]' -e '->stored = ' daemon | grep -vE '^daemon/(store/journal|model/upload|broker/row-repair)\.c:' \
  || say "a stored state is changed by ob_journal_move () alone"

# Bytes that are no clean text are repaired in ob_statement_bind_text(): no row gets others.
! grep -rnE 'sqlite3_bind_(text|blob|value)' daemon client --include='*.[ch]' | grep -v '^daemon/store/statement.c:' \
  || say "text comes into a row by ob_statement_bind_text () alone"
[ "$(grep -cE 'sqlite3_bind_(text|blob|value)' daemon/store/statement.c)" -eq 1 ] \
  || say "daemon/store/statement.c: binds text in one place, ob_statement_bind_text ()"

# Who opens a turn itself can forget to have the members load again when it is taken back; ob_queue_do () does not.
! grep -rnE '\bob_turn_(begin|end) \(' daemon --include='*.[ch]' | grep -vE '^daemon/broker/(turn\.[ch]|queue\.c):' \
  || say "a turn is opened by daemon/broker/queue.c alone"

if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
  echo "formatting was not checked: there is no clang-format 14"
  [ $bad -eq 1 ] || bad=77
elif ! clang-format --style=file --dry-run --Werror "${product[@]}"; then
  bad=1
fi
exit $bad
