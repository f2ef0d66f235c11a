#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The demonstration behind "make run": hands files to Outbox, breaks what can break while the largest of them is on its
# way, and compares what arrived with what was handed over. It runs in a private folder and on a private bus; at the end
# nothing is left of it.
#
#   demo.sh BUILD    environment: FILES     shell words: files to send, instead of photos and a video made for it
#                                 SERVER    URL of a tus server, instead of the receiver
#                                 HEADER    NAME=VALUE that this server wants
#                                 VIDEO_MB  size of the video that is made
#
# Exit codes: 0 all of it arrived and is exact, 1 it is not, or it could not be tried.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) || exit 1
FILES=${FILES:-} SERVER=${SERVER:-} HEADER=${HEADER:-}
VIDEO_MB=${VIDEO_MB:-$([ -n "$SERVER" ] && echo 60 || echo 300)}

outbox=$build/client/cli/outbox
# All bytes together take about this long, so that there is time to break things.
travel_seconds=30
# A step that stands still for longer is stuck.
patience_seconds=180
place=''

# shellcheck source=tests/demo/stagehands.sh
. "$here/stagehands.sh"
# shellcheck source=tests/demo/files.sh
. "$here/files.sh"
# shellcheck source=tests/demo/verdict.sh
. "$here/verdict.sh"

# --- What the story waits for ---

# Bytes of the largest file that are at the server.
star_bytes ()
{
  if [ -n "$SERVER" ]; then
    "$outbox" show --json "$star_id" 2>/dev/null | jq .offset
    return
  fi
  [ -n "${star_deposit:-}" ] || star_deposit=$(grep -lF "$star_id" "$place"/store/*.json 2>/dev/null | head -n 1)
  stat -c %s "${star_deposit%.json}" 2>/dev/null || echo 0
}

# How many uploads are in a state.
count_state ()
{
  "$outbox" status --json 2>/dev/null | jq --arg state "$1" '.summary[$state][0] // 0'
}

# One step of every wait: looks, shows, and notices when nothing moves.
tick ()
{
  sleep 0.2
  star_at=$(star_bytes)
  show_live "$star_at"
  if [ "$star_at" != "${star_before:-}" ]; then
    star_before=$star_at
    still_since=$SECONDS
  elif [ $((SECONDS - ${still_since:=SECONDS})) -gt $patience_seconds ]; then
    die "Nothing has moved for $patience_seconds seconds. Outbox says:" "$("$outbox" status 2>&1)"
  fi
}

# at_percent N: whether the largest file came to that share, and is still on its way.
at_percent ()
{
  local percent=$1
  star_at=$(star_bytes)
  while [ $((star_at * 100)) -lt $((star_size * percent)) ] && ! has_ended; do
    tick
  done
  [ "$star_at" -lt "$star_size" ]
}

# Waits until more of it is at the server than there was.
wait_for_progress ()
{
  local before=$1
  while [ "$star_at" -le "$before" ] && ! has_ended; do
    tick
  done
}

# Whether all have arrived. What waits for a person is the end of the story. Asks only once a second: the answer comes
# from a process of its own.
has_ended ()
{
  local answer
  [ "$SECONDS" -ne "${asked_at:-0}" ] || return 1
  asked_at=$SECONDS
  answer=$("$outbox" status --json 2>/dev/null | jq -r --argjson all "$n_files" \
    'if .summary.failed[0] > 0 or any(.holds[]; .needs_user) then "stuck" else .summary.done[0] == $all end')
  [ "$answer" != stuck ] || die "Something waits for a person. Outbox says:" "$("$outbox" status)"
  [ "$answer" = true ]
}

pause_for ()
{
  local until=$((SECONDS + $1))
  while [ "$SECONDS" -lt "$until" ]; do
    tick
  done
}

# Whether it waits for its next try; so that one can wait for it, also whether it went on already.
is_retrying ()
{
  tick
  [ "$("$outbox" show --json "$star_id" 2>/dev/null | jq -r .state)" = retrying ]
}

has_noticed ()
{
  is_retrying || [ "$star_at" -gt "$1" ]
}

# What Outbox says of the largest file, in its own words.
label ()
{
  "$outbox" show "$star_id" 2>/dev/null | sed -n 2p
}

# --- The story ---

hand_over ()
{
  local begin=$EPOCHREALTIME added
  if ! added=$(add_files); then
    die "Not all files could be handed over." "$(tail -n 5 "$place/log")"
  fi
  mapfile -t ids <<<"$added"
  star_id=${ids[$star]}
  say "${bold}$(plural "$n_files" "file is" "files are") handed over${plain}, $(human "$all_bytes") in \
$(elapsed "$begin") s: safe on this disk." \
    ${made:+"The originals are deleted: what arrives comes from Outbox's own copy."}
}

cut_the_link ()
{
  local before
  say "${bold}The link is cut${plain} in the middle of $star_name."
  set_down link
  link down
  wait_until 10 is_retrying && say "Outbox says: $(label)."
  pause_for 4
  before=$(star_bytes)
  link up
  set_down ''
  say "The link is back. Nobody tells Outbox: it finds out by itself."
  wait_for_progress "$before"
  say "It asked the server, which had $(human "$before"), and goes on from there."
}

restart_the_server ()
{
  local before
  say "${bold}The server is killed${plain} (SIGKILL) while it writes $star_name."
  set_down server
  stop receiver KILL
  before=$(star_bytes)
  pause_for 3
  start_receiver "$receiver_port"
  set_down ''
  say "The server is back, with $(human "$before") of the file on its disk."
  wait_until 40 has_noticed "$before"
  if is_retrying; then
    say "Outbox says: $(label). Somebody is impatient: ${bold}outbox retry --all${plain}"
    "$outbox" retry --all >>"$place/log" 2>&1
  fi
  wait_for_progress "$before"
  say "It goes on from there."
}

kill_the_daemon ()
{
  local pid
  pid=$(daemon_pid)
  say "${bold}Outbox itself is killed${plain} (SIGKILL to outboxd, process $pid)."
  set_down outboxd
  kill -KILL "$pid"
  wait_until 5 is_gone "$pid"
  wait_until 30 has_daemon || die "outboxd did not come back." "$(tail -n 5 "$place/log")"
  set_down ''
  say "\"outbox watch\" asks for it, and the bus starts it: process $(daemon_pid)." \
    "It knows all of its $(plural "$(count_state all)" upload uploads), asks the server how far it was, goes on."
}

has_daemon ()
{
  show_live "$star_at"
  [ -n "$(daemon_pid)" ]
}

wait_for_all ()
{
  until has_ended; do
    tick
  done
}

too_quick ()
{
  say "$star_name had arrived before $1: nothing to see."
}

main ()
{
  local begin=$SECONDS
  say "Outbox takes files and brings them to a server. Here it has a bad day." \
    "Nothing of yours is touched, and nothing is left at the end. Ctrl-C ends it."
  make_place
  check_server
  choose_files
  fingerprint
  if [ -z "$SERVER" ]; then
    start_receiver 0
    start_link
    start_bus
    set_destination "$link_url" --confirm-url "${link_url%/files/}/confirm?id={id}&sha256={sha256}"
  else
    start_bus
    set_destination "$SERVER" ${HEADER:+--header "$HEADER"}
  fi
  # The bars show everything from the beginning; lines in a pipe need to know the largest file.
  [ -z "$is_terminal" ] || start_screen
  hand_over
  [ -n "$is_terminal" ] || start_screen
  if [ -z "$SERVER" ]; then
    if at_percent 15; then cut_the_link; else too_quick "the link could be cut"; fi
    if at_percent 45; then restart_the_server; else too_quick "the server could be killed"; fi
    if at_percent 70; then kill_the_daemon; else too_quick "Outbox could be killed"; fi
  elif at_percent 1; then kill_the_daemon; else too_quick "Outbox could be killed"
  fi
  wait_for_all
  end_screen
  judge $((SECONDS - begin))
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 141' PIPE
main
