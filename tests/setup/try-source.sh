#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Shows that check-source.sh and include-graph.py find what they are for: each bad file is put alone into a small tree that is
# good, and has to be named with its fault. Prints TAP.
set -euo pipefail
setup=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# result NAME STATUS: prints a line of TAP, and what was said where it is not ok.
result ()
{
  n=$((n + 1))
  if [ "$2" -eq 0 ]; then
    echo "ok $n /$1"
  else
    sed 's/^/# /' "$work/said"
    echo "not ok $n /$1"
  fi
}

# lines LINE…
lines ()
{
  printf '%s\n' "$@"
}

# put PATH: a file of the tree, with the lines that each begins with, and the rest from the standard input.
put ()
{
  mkdir -p "$work/tree/${1%/*}"
  {
    lines '/* SPDX-FileCopyrightText: The Outbox authors' ' * SPDX-License-Identifier: LGPL-2.1-or-later' ' *' ' * A file.' ' */'
    cat
  } >"$work/tree/$1"
}

# make_good_tree: has an example of everything that the rules are about, as it should be.
make_good_tree ()
{
  local layer
  rm -rf "$work/tree"
  mkdir -p "$work/tree/tests" "$work/tree/client" "$work/tree/dbus"
  cp "$setup/../../.clang-format" "$work/tree"
  for layer in base model policy store transfer broker ipc; do
    put "daemon/$layer/own.c" <<<"#include \"$layer/own.h\""
    put "daemon/$layer/own.h" <<<"#pragma once"
  done
  put daemon/store/statement.c <<<"static int result = sqlite3_bind_text (0, 0, 0, 0, 0);"
  put daemon/broker/queue.c <<<"static int result = ob_turn_begin (0);"
  lines '#pragma once' '' 'typedef struct _ObGate ObGate;' | put daemon/broker/gate.h
  lines '#include "broker/gate.h"' '' 'struct _ObGate' '{' '  int n_lanes;' '};' | put daemon/broker/gate.c
  lines '#pragma once' '' 'G_DECLARE_FINAL_TYPE (ObRuns, ob_runs, OB, RUNS, GObject)' | put daemon/broker/runs.h
  lines 'struct _ObRuns' '{' '  GObject parent_instance;' '};' | put daemon/broker/runs.c
  lines '#pragma once' '' 'typedef struct _ObLanes ObLanes;' | put daemon/broker/lanes.h
  lines '#pragma once' '' 'struct _ObLanes' '{' '  int n_lanes;' '};' | put daemon/broker/lanes-private.h
  put daemon/broker/lanes.c <<<'#include "broker/lanes-private.h"'
  put daemon/broker/lane-holds.c <<<'#include "broker/lanes-private.h"'
}

check ()
{
  "$setup/check-source.sh" "$work/tree" >"$work/said" 2>&1
}

# refused NAME WORDS: the tree as it is now is refused in these words.
refused ()
{
  local status=0
  check || status=$?
  [ $status -eq 1 ] && grep -qF "$2" "$work/said" && status=0 || status=1
  result "bad/$1" $status
}

# bad NAME PATH WORDS: a good tree with that file, from the standard input, is refused.
bad ()
{
  make_good_tree
  put "$2"
  refused "$1" "$3"
}

make_good_tree
status=0
check || status=$?
# Skipped is what a tree without another fault is, where the formatter is not Debian 12's.
[ $status -ne 77 ] || status=0
result good $status

make_good_tree
lines '/* SPDX-FileCopyrightText: The Outbox authors */' >"$work/tree/daemon/base/other.c"
refused half-a-licence "daemon/base/other.c: does not begin with the two SPDX lines"
make_good_tree
lines '/* SPDX-FileCopyrightText: The Outbox authors' ' * SPDX-License-Identifier: LGPL-2.1-or-later' ' */' 'static int other;' \
  >"$work/tree/daemon/base/other.c"
refused no-paragraph "daemon/base/other.c: does not open with a paragraph"
bad no-guard daemon/base/other.h "daemon/base/other.h: has no #pragma once" <<<"int other;"
bad tab daemon/base/other.c "daemon/base/other.c: a tab, a goto, or blanks" < <(printf 'int\tother;\n')
bad blanks tests/other.c "tests/other.c: a tab, a goto, or blanks" <<<"int other; "
bad goto client/other.c "client/other.c: a tab, a goto, or blanks" <<<"static int other (void) { goto end; end: return 0; }"
bad too-long daemon/base/other.c "daemon/base/other.c: longer than 500 lines" < <(seq -f '/* %g */' 500)
make_good_tree
lines '// A page.' 'let other;' >"$work/tree/client/other.js"
refused script-without-licence "client/other.js: does not begin with the two SPDX lines"
bad script-with-a-tab tests/other.mjs "tests/other.mjs: a tab, or blanks" < <(printf 'let\tother;\n')
bad script-too-long client/js/other.js "client/js/other.js: longer than 500 lines" < <(seq -f '/* %g */' 500)
bad no-layer-above-model daemon/model/other.c "daemon/model: includes" <<<'#include "store/own.h"'
bad nothing-below-base daemon/base/other.c "daemon/base: includes" <<<'#include "model/own.h"'
bad policy-without-store daemon/policy/other.c "daemon/policy: includes" <<<'#include "store/own.h"'
bad store-without-policy daemon/store/other.c "daemon/store: includes" <<<'#include "policy/own.h"'
bad transfer-without-queue daemon/transfer/other.h "daemon/transfer: includes" < <(lines "#pragma once" '#include "broker/own.h"')
bad broker-without-doors daemon/broker/other.c "daemon/broker: includes" <<<'#include "ipc/own.h"'
bad doors-without-store daemon/ipc/dbus/other.c "daemon/ipc: includes" <<<'#include "store/own.h"'
bad no-door-below-a-request daemon/ipc/requests/other.c "daemon/ipc/requests/: includes what is above it" <<<'#include "ipc/dbus/own.h"'
bad a-door-without-another daemon/ipc/rest/other.c "daemon/ipc/rest/: includes what is above it, or another door" <<<'#include "ipc/dbus/own.h"'
bad callers-without-requests daemon/ipc/other.c "daemon/ipc/: includes what is above it" <<<'#include "ipc/requests/own.h"'
bad client-without-daemon client/cli/other.c "clients and the contract know nothing" <<<'#include "base/own.h"'
bad contract-without-daemon dbus/other.c "clients and the contract know nothing" <<<'#include "model/own.h"'
bad struct-of-another-file daemon/broker/waits.h "daemon/broker/waits.h: names _ObGate, which is another file's" \
  < <(lines "#pragma once" "" "void ob_waits_start (struct _ObGate *gate);")
bad forward-declaration daemon/broker/waits.h "daemon/broker/waits.h: names _ObGate, which is another file's" \
  < <(lines "#pragma once" "" "typedef struct _ObGate ObGate;")
bad struct-without-body daemon/broker/waits.h "daemon/broker/waits.h: names _ObWaits, which is another file's" \
  < <(lines "#pragma once" "" "typedef struct _ObWaits ObWaits;")
bad shown-fields daemon/broker/gate-fields.h "daemon/broker/gate-fields.h: shows the fields of _ObGate" \
  < <(lines "#pragma once" "" "struct _ObGate" "{" "  int n_lanes;" "};")
bad shown-object daemon/broker/runs-fields.h "daemon/broker/runs-fields.h: shows the fields of _ObRuns" \
  < <(lines "#pragma once" "" "struct _ObRuns" "{" "  GObject parent_instance;" "};")
bad private-header daemon/broker/waits.c "daemon/broker/waits.c: includes a private header of other files" \
  <<<'#include "broker/lanes-private.h"'
bad private-fields tests/unit/test-runs.c "tests/unit/test-runs.c: tries the daemon by a private header" \
  <<<'#include "broker/runs-private.h"'
bad state-without-journal daemon/broker/other.c "a stored state is changed by ob_journal_move () alone" \
  <<<'static void other (ObUpload *upload) { upload->stored = 1; }'
bad bound-text daemon/store/uploads.c "text comes into a row by ob_statement_bind_text () alone" \
  <<<'static int result = sqlite3_bind_text (0, 0, 0, 0, 0);'
bad bound-bytes daemon/broker/other.c "text comes into a row by ob_statement_bind_text () alone" \
  <<<'static int result = sqlite3_bind_blob64 (0, 0, 0, 0, 0);'
bad bound-twice daemon/store/statement.c "daemon/store/statement.c: binds text in one place" \
  < <(lines "static int one = sqlite3_bind_text (0, 0, 0, 0, 0);" "static int two = sqlite3_bind_text16 (0, 0, 0, 0, 0);")
bad turn-outside-queue daemon/broker/other.c "a turn is opened by daemon/broker/queue.c alone" <<<"static int result = ob_turn_begin (0);"
bad turn-in-a-door daemon/ipc/dbus/commands.c "a turn is opened by daemon/broker/queue.c alone" <<<"static int result = ob_turn_begin (0);"
bad lost-word ./CONTRIBUTING.md "its glossary names daemon/store/nowhere.h, which is not there" \
  < <(lines '## Words' '| word | meaning | `store/nowhere.h` |' '## Rules')

# The circle of three that is looked for is made of an include, a call and a variable that is used.
make_good_tree
lines '#pragma once' 'void ob_one (void);' | put daemon/broker/one.h
lines '#include "broker/two.h"' 'void' 'ob_one (void)' '{' '}' | put daemon/broker/one.c
lines '#pragma once' | put daemon/broker/two.h
lines 'const int ob_two = 2;' 'static void' 'call (void)' '{' '  ob_three ();' '}' | put daemon/broker/two.c
lines 'void' 'ob_three (void)' '{' '  ob_one ();' '}' | put daemon/broker/three.c
graph ()
{
  "$setup/include-graph.py" "$work/tree/daemon/broker" "$@" >"$work/said" 2>&1
}
status=0
graph 3 && grep -qx 'circle of 3: one, three, two' "$work/said" || status=1
result graph/circle-is-found $status
status=0
graph 2 && status=1 || grep -q '3 files are in circles of more than two, 2 may be' "$work/said" || status=1
result graph/too-many-files-fail $status
status=0
graph 4 && grep -q 'lower the number 4' "$work/said" || status=1
result graph/better-than-asked-is-told $status
lines '/* ob_one () */' 'void' 'ob_three (void)' '{' '  g_print ("ob_one ()");' '}' | put daemon/broker/three.c
status=0
graph 0 && ! grep -q '^circle' "$work/said" && grep -qx 'two calls three: ob_three' "$work/said" || status=1
result graph/comments-and-strings-are-no-calls $status
lines 'void' 'ob_three (void)' '{' '  (void) ob_two;' '}' | put daemon/broker/three.c
status=0
graph 0 && grep -qx 'circle of 2: three, two' "$work/said" || status=1
result graph/two-may-know-each-other $status
status=0
grep -q '^level 0: .*three, two$' "$work/said" && grep -qE '^level 1: (.*, )?one$' "$work/said" || status=1
result graph/levels-begin-below $status

echo "1..$n"
