#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The long proofs, one step after another: what "make run" shows, links that go dark, random days in the field, random kills, the same with a server that has faults and is
# killed too, both again and every crash point under the sanitizers, fuzzing, and helgrind over the transfer layer and the
# daemon. Ends with one line of counts.
#
#   KILLS    of each storm (1000); a tenth of that under the sanitizers; ten times as many random days
#   MINUTES  at most for each storm (12); a twelfth of that for each fuzz target
#   SEED     repeats a run; it is printed
#   STEPS    runs these alone, in the order below
set -u

build=$1
kills=${KILLS:-1000}
minutes=${MINUTES:-12}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
here=$(cd "$(dirname "$0")" && pwd)
logs=$build/campaign
passed=0 failed=0 skipped=0

rm -rf "$logs"
mkdir -p "$logs/helgrind"
build=$(cd "$build" && pwd)
logs=$build/campaign
echo "SEED=$seed KILLS=$kills MINUTES=$minutes; what each step says is in $logs"

# step NAME COMMAND…: runs it, shows what it counted, and the end of its output where it failed. A test that left something
# out, for want of a server or a namespace, has not passed.
step ()
{
  local name=$1 begin=$SECONDS
  [[ " ${STEPS:-$name} " == *" $name "* ]] || return
  shift
  if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
    if grep -a '^ok .* # SKIP' "$logs/$name.log"; then
      skipped=$((skipped + 1))
      echo "SKIP $name"
    else
      passed=$((passed + 1))
      echo "ok   $name ($((SECONDS - begin)) s)"
    fi
  else
    failed=$((failed + 1))
    echo "FAIL $name ($((SECONDS - begin)) s)"
    tail -n 20 "$logs/$name.log"
  fi
  grep -aE '^# [0-9]+ (connections|cuts|power cuts|days|kills|bytes|faults|deaths)|^# (full|[0-9]+ ms dark|a route)|^stat::number_of_executed_units' "$logs/$name.log" | sed 's/^#* */     /'
}

# wants PATTERN: whether a step is to be run whose name has it
wants ()
{
  [[ -z ${STEPS:-} || $STEPS =~ $1 ]]
}

# in_folder FOLDER PROGRAM…: a test with the daemon and the receiver of a build folder.
in_folder ()
{
  RECEIVER=$1/tests/receiver/outbox-receiver OUTBOXD=$1/daemon/outboxd \
    OUTBOX_SEED=$seed OUTBOX_KILLS=$kills OUTBOX_MINUTES=$minutes timeout -k 10 $((minutes * 60 + 600)) "${@:2}"
}

# field SCENE: the daemon on a link that goes dark, for as long as the promise is.
field ()
{
  SERVERS=$here/../support/servers TOOLS=$build/tools OUTBOX_FIELD=full \
    in_folder "$build" "$build/tests/integration/test-field" -p "/field/$1"
}

# REST by its OpenAPI file, with many examples of each operation.
schema ()
{
  SERVERS=$here/../support/servers TOOLS=$build/tools OPENAPI=$here/../../data/openapi.json OUTBOX_EXAMPLES=$((kills / 5 + 1)) \
    REST_SCHEMA=$here/../integration/rest-schema.py REST_SCHEMA_SETTINGS=$here/../integration/rest-schema.toml \
    in_folder "$build" "$build/tests/integration/test-rest-schema" -p "/rest-schema/$1"
}

# Nothing of them is about the disk.
days ()
{
  TMPDIR=$([ -w /dev/shm ] && echo /dev/shm || echo /tmp) OUTBOX_SEED=$seed OUTBOX_DAYS=$((kills * 10)) "$build/tests/unit/test-days"
}

# A day in the field and an hour of changes, in the GNOME Shell of this machine.
indicator_here ()
{
  INDICATOR_43=$build/client/gnome-shell/43/outbox@outbox.org INDICATOR_45=$build/client/gnome-shell/45/outbox@outbox.org \
    OUTBOX_LOCALEDIR=$build/po SHELL_PERSON=$here/../support/gnome-shell.js in_folder "$build" "$build/tests/integration/test-gnome-shell-day"
}

# Databases that are cut, flipped, lost, older.
damage ()
{
  TMPDIR=$([ -w /dev/shm ] && echo /dev/shm || echo /tmp) OUTBOX_SEED=$seed OUTBOX_DAMAGES=$((kills / 2)) \
    timeout $((minutes * 60 + 600)) "$build/tests/unit/test-damage"
}

# The power goes at every flush, and in the middle of what was not flushed.
power_cuts ()
{
  OUTBOX_POWER_CUTS=$((kills / 2)) OUTBOX="$build/client/cli/outbox" in_folder "$build" "$build/tests/integration/test-power-cuts" -p "/power-cuts/$1"
}

fuzz_libfuzzer ()
{
  mkdir -p "$logs/corpus-$1"
  G_DEBUG=fatal-criticals "$build-fuzz/tests/fuzz/fuzz-$1" -seed="$seed" -max_total_time=$((minutes * 5)) -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$logs/" "$logs/corpus-$1" "$here/../fuzz/corpus"
}

fuzz_by_changes ()
{
  FUZZ_SEED=$seed FUZZ_RUNS=1000000 timeout $((minutes * 60)) \
    "$build-asan/tests/fuzz/fuzz-$1" "$here/../fuzz/corpus" "$1"
}

under_helgrind ()
{
  HELGRIND_LIBRARY=$logs/helgrind-glib.so HELGRIND_LOGS=$logs/helgrind in_folder "$build" "$@"
}

daemon_under_helgrind ()
{
  HELGRIND_PROGRAM=$build/daemon/outboxd under_helgrind env OUTBOXD="$here/helgrind.sh" \
    "$build/tests/integration/test-crash-commands" -p /crash/an-offset-that-went-back-is-explained
}

no_race_was_found ()
{
  ! grep -lE '^==[0-9]+== ERROR SUMMARY: [1-9]' "$logs"/helgrind/*.log
}

[ -f "$build/build.ninja" ] || meson setup "$build" -Dcrash_points=true >/dev/null || exit 1
meson compile -C "$build" >/dev/null || exit 1
# The other folders take minutes to build: only for steps that have a use for them.
if wants 'sanitized|fuzz-'; then
  [ -f "$build-asan/build.ninja" ] \
    || meson setup "$build-asan" -Dcrash_points=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null || exit 1
  meson compile -C "$build-asan" >/dev/null || exit 1
fi
fuzz=fuzz_by_changes
if wants fuzz- && command -v clang >/dev/null; then
  fuzz=fuzz_libfuzzer
  [ -f "$build-fuzz/build.ninja" ] || CC=clang meson setup "$build-fuzz" -Dfuzzer=true -Dintrospection=disabled \
    -Db_sanitize=address,undefined -Db_lundef=false >/dev/null || exit 1
  meson compile -C "$build-fuzz" >/dev/null || exit 1
fi
export ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:detect_leaks=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1

step demo "$here/../demo/demo.sh" "$build"
for scene in dark-and-silent dark-and-silent-on-an-older-kernel dark-and-announced long-dark-and-silent \
  long-dark-without-a-default-route \
  dark-and-silent-with-a-lock dark-and-announced-with-a-lock another-address-at-once \
  another-address-after-the-dark another-network-while-the-old-one-lives another-network-when-the-old-one-is-dark \
  another-network-on-an-older-kernel an-address-of-another-device; do
  step "field-$scene" field "$scene"
done
step live env OUTBOX_FIELD=full RECEIVER="$build/tests/receiver/outbox-receiver" OUTBOXD="$build/daemon/outboxd" \
  SHIPPED_RULES="$here/../../data/outbox.conf" "$build/tests/integration/test-live"
step upgrade-with-a-full-queue env UPGRADE_UPLOADS=10000 FIXTURES="$here/../fixtures" RECEIVER="$build/tests/receiver/outbox-receiver" \
  OUTBOXD="$build/daemon/outboxd" "$build/tests/integration/test-upgrade"
step recording env RECORDING_BYTES=2000000000 RECEIVER="$build/tests/receiver/outbox-receiver" OUTBOXD="$build/daemon/outboxd" \
  OUTBOX="$build/client/cli/outbox" timeout 900 "$build/tests/integration/test-recording" -p /recording/the-broker-dies-three-times
step ten-minutes-of-tokens env OUTBOX="$build/client/cli/outbox" OUTBOXD="$build/daemon/outboxd" TOOLS="$build/tools" \
  SERVERS="$here/../support/servers" timeout 1200 "$build/tests/integration/test-oauth-upload" -m slow
step outage env OUTBOX_FIELD=full RECEIVER="$build/tests/receiver/outbox-receiver" OUTBOXD="$build/daemon/outboxd" \
  "$build/tests/integration/test-outage"
step tus-clients env OUTBOX_FIELD=full RECEIVER="$build/tests/receiver/outbox-receiver" OUTBOXD="$build/daemon/outboxd" TOOLS="$build/tools" \
  CLIENTS="$here/../support/clients" timeout 600 "$build/tests/integration/test-rest-clients"
for who in program page; do
  step "rest-schema-$who" schema "$who"
done
step browsers-and-uppy env UPPY_MIB=304 OUTBOX="$build/client/cli/outbox" OUTBOXD="$build/daemon/outboxd" TOOLS="$build/tools" \
  timeout 600 "$here/../browser/run.sh" run.mjs chromium
step indicator-here indicator_here
step indicator-13 "$here/gnome-shell.sh" trixie "$logs/../campaign-debian-13" "$build" test-gnome-shell-day
step plasma "$here/plasma.sh" "$logs/../campaign-debian-12" "$build"
step days days
step damage damage
step failed-commits env OUTBOX_FAILED_COMMITS=1 timeout 900 "$build/tests/unit/test-failed-commits"
step write-faults env OUTBOX_WRITE_FAULTS=1 timeout 900 "$build/tests/unit/test-write-faults"
for file_system in ext4 xfs btrfs; do
  step "power-cuts-$file_system" power_cuts "$file_system"
done
step stream-cuts env OUTBOX_CUTS="$kills" RECEIVER="$build/tests/receiver/outbox-receiver" OUTBOXD="$build/daemon/outboxd" \
  timeout $((minutes * 60 + 600)) "$build/tests/integration/test-rest-events" -p /rest/random-cuts
step kills in_folder "$build" "$build/tests/integration/test-storm" -p /storm/kills
step kills-and-faults in_folder "$build" "$build/tests/integration/test-storm" -p /storm/kills-and-faults
kills=$((kills / 10 + 1))
step kills-sanitized in_folder "$build-asan" "$build-asan/tests/integration/test-storm"
step crash-points-sanitized in_folder "$build-asan" "$build-asan/tests/integration/test-crash"
step crash-commands-sanitized in_folder "$build-asan" "$build-asan/tests/integration/test-crash-commands"
for target in "$here"/../fuzz/fuzz-*.c; do
  target=$(basename "$target" .c)
  step "$target" "$fuzz" "${target#fuzz-}"
done
step helgrind-library gcc -shared -fPIC -O1 -o "$logs/helgrind-glib.so" "$here/helgrind-glib.c"
step helgrind-transfer under_helgrind "$here/helgrind.sh" "$build/tests/integration/test-tus"
step helgrind-daemon daemon_under_helgrind
step helgrind-reports no_race_was_found

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
