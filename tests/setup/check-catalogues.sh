#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Holds the translations to the source: each catalogue has every message, none that is gone and none in doubt, with the formats
# and the plural forms that it needs; and every file with messages is in POTFILES. check-words.py
# holds their words to po/GLOSSARY. Says what is missing, and fails if something is.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

say ()
{
  echo "$*"
  bad=1
}

# As po/meson.build has it made.
xgettext --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 --keyword=g_dngettext:2,3 \
  --keyword=NP_:1,2 --keyword=S_ --files-from=po/POTFILES --output="$work/outbox.pot"

while read -r file; do
  grep -qxF "$file" po/POTFILES || say "po/POTFILES: $file is missing"
done < <(grep -rlE '\b(_|N_|NP_|S_|ngettext) \(("|$)' client daemon dbus --include='*.c')

while read -r language; do
  catalogue=po/$language.po
  msgfmt --check --output-file=/dev/null "$catalogue" 2>"$work/said" || { cat "$work/said"; say "$catalogue: does not compile"; }
  msgcmp "$catalogue" "$work/outbox.pot" 2>"$work/said" \
    || { head -n 20 "$work/said"; say "$catalogue: not complete; ninja -C build outbox-update-po brings the missing messages"; }
  [ -z "$(msgattrib --only-fuzzy "$catalogue")" ] || say "$catalogue: has doubtful (fuzzy) messages"
  [ -z "$(msgattrib --only-obsolete "$catalogue")" ] || say "$catalogue: has messages that are gone"
done < <(grep -v '^#' po/LINGUAS)

tests/setup/check-words.py . || bad=1

exit $bad
