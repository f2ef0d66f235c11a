#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs every test of a build folder and ends with one line of counts, read from the results that Meson wrote.
set -u

build=$1
shift
status=0
meson test -C "$build" --print-errorlogs "$@" || status=$?

junit=$build/meson-logs/testlog.junit.xml
[ -s "$junit" ] || { echo "0 passed, 1 failed"; exit 1; }

# A failed or skipped test case has an element of its own inside.
count () { grep -oE "$1" "$junit" | wc -l; }
total=$(count '<testcase ')
failed=$(count '<(failure|error)[ />]')
skipped=$(count '<skipped[ />]')
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
echo "$((total - failed - skipped)) passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$status" -eq 0 ]
