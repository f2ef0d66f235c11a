#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds and runs every test twice, plain and under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer (which
# watch the daemon and the receiver too, since the tests start those of their own folder). Ends with one line of counts of
# both runs, read from the results that Meson wrote. Arguments after the build folder go to "meson test".
set -u

build=$1
shift
passed=0 failed=0 skipped=0 failures=

# A report ends the process by SIGABRT, so that no test can take a daemon that died of it for one that it killed itself.
ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS

# So many at once make each slow: what a test waits for is waited for this much longer than when it is run alone.
OUTBOX_TEST_PATIENCE=3
export OUTBOX_TEST_PATIENCE

count ()
{
  grep -oE "$2" "$1" | wc -l
}

# run FOLDER PROCESSES: adds its counts to those of the other.
run ()
{
  folder=$1
  processes=$2
  shift 2
  junit=$folder/meson-logs/testlog.junit.xml
  log=$folder/meson-logs/testlog.json
  rm -f "$junit" "$log"
  status=0
  meson compile -C "$folder" && meson test -C "$folder" --no-rebuild --print-errorlogs --num-processes "$processes" \
    --timeout-multiplier "$OUTBOX_TEST_PATIENCE" "$@" || status=$?
  [ -s "$junit" ] || { failed=$((failed + 1)) failures="$failures$folder: it could not be built
"; return; }

  # A failed or skipped test case has an element of its own inside.
  bad=$(count "$junit" '<(failure|error)[ />]')
  left_out=$(count "$junit" '<skipped[ />]')
  [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  passed=$((passed + $(count "$junit" '<testcase ') - bad - left_out))
  failed=$((failed + bad))
  skipped=$((skipped + left_out))
  [ ! -s "$log" ] || failures="$failures$("$(dirname "$0")/tell-failures.py" "$folder")
"
}

[ -f "$build/build.ninja" ] || meson setup "$build" -Dcrash_points=true || exit 1
[ -f "$build-asan/build.ninja" ] \
  || meson setup "$build-asan" -Dcrash_points=true -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 || exit 1

# Most of the tests' time is waiting for links, servers and clocks. What they leave of the processor compiles the other folder,
# and the second run tells what did not compile.
if meson compile -C "$build"; then
  chrt --idle 0 ninja -C "$build-asan" >"$build-asan/compile.log" 2>&1 &
  trap "kill $! 2>/dev/null" EXIT
fi
run "$build" $(($(nproc) * 5 / 2)) "$@"
wait
trap - EXIT
echo "The same under the sanitizers, but for what only reads the source, or tries other people's programs:"
run "$build-asan" $(($(nproc) * 2)) --no-suite style --no-suite others "$@"

# Each test has looked into what it left itself; this is what all have said, and the daemons that they started.
if ! found=$("$(dirname "$0")/search-planted.sh" "$build/meson-logs" "$build-asan/meson-logs"); then
  failed=$((failed + 1)) failures="$failures$found
"
fi

[ "$failed" -eq 0 ] || printf 'Failed:\n%s' "$failures" | grep .
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
