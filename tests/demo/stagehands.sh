# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What works behind the story of demo.sh: the screen, the processes and their end, the private bus. Sourced.

# --- The screen ---

stage='' # descriptor to it; empty: there is none
bold='' good='' bad='' plain='' is_terminal=''
[ ! -t 1 ] || [ "${TERM:-dumb}" = dumb ] || is_terminal=yes
if [ -n "$is_terminal" ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' good=$'\e[32m' bad=$'\e[31m' plain=$'\e[0m'
fi

# A line of the story; further ones are indented below it.
say ()
{
  local mark="${bold}▸${plain} " line
  for line in "$@"; do
    if [ -n "$stage" ]; then
      printf 'say %s%s\n' "$mark" "$line" >&"$stage"
    else
      printf '%s%s\n' "$mark" "$line" 2>/dev/null
    fi
    mark='  '
  done
}

die ()
{
  end_screen
  printf '%sStopped:%s %s\n' "$bad" "$plain" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/  /' >&2
  exit 1
}

# From here on what "outbox watch" shows is on the screen: bars below the story, or in a pipe lines among it, of which
# those that matter are left.
start_screen ()
{
  if [ -n "$is_terminal" ]; then
    mkfifo "$place/to-stage"
    exec {stage}<>"$place/to-stage"
    setpriv --pdeathsig TERM "$build/tests/demo/outbox-stage" "$outbox" watch <"$place/to-stage" 2>>"$place/log" &
    pids[stage]=$!
  else
    start watch "$outbox" watch > >(exec grep --line-buffered -E " ${star_id: -8} |: ((Uploaded|Failed).*)\$|The broker is")
  fi
}

end_screen ()
{
  if [ -n "$stage" ]; then
    echo end >&"$stage"
    stage=''
    wait "${pids[stage]}" 2>/dev/null
    unset "pids[stage]"
  fi
  stop watch
}

down=''

# The line below the bars: what the other end has, and what works at this moment.
show_live ()
{
  [ -n "$stage" ] || return 0
  local at=$1 line
  if [ -n "$SERVER" ]; then
    line="confirmed: $(human "$at") of $star_name"
  else
    line="server's disk: $(human "$at") of $star_name   $(light link)  $(light server)"
  fi
  printf 'live %s  %s\n' "$line" "$(light outboxd)" >&"$stage"
}

# set_down NAME: what does not work at this moment; empty, all of it does.
set_down ()
{
  down=$1
  show_live "$star_at"
}

light ()
{
  if [ "$down" = "$1" ]; then
    printf '%s✗ %s%s' "$bad" "$1" "$plain"
  else
    printf '%s● %s%s' "$good" "$1" "$plain"
  fi
}

# human BYTES
human ()
{
  local bytes=$1 unit=kB tenths
  [ "$bytes" -ge 1000 ] || { echo "$bytes B"; return; }
  tenths=$((bytes / 100))
  for unit in kB MB GB TB; do
    [ "$tenths" -ge 10000 ] && [ $unit != TB ] || break
    tenths=$((tenths / 1000))
  done
  echo "$((tenths / 10)).$((tenths % 10)) $unit"
}

# elapsed SINCE: seconds since a value of EPOCHREALTIME, with a tenth
elapsed ()
{
  local us=$((${EPOCHREALTIME/./} - ${1/./}))
  echo "$((us / 1000000)).$((us / 100000 % 10))"
}

# plural NUMBER ONE MANY
plural ()
{
  [ "$1" -eq 1 ] && echo "1 $2" || echo "$1 $3"
}

# --- Processes ---

declare -A pids=()

# start NAME COMMAND…: in the background, out of reach of Ctrl-C, which is for the story to answer; ends with it. The
# redirection is for bash, which would put /dev/null in place of what the caller redirected.
start ()
{
  setsid setpriv --pdeathsig TERM "${@:2}" <&0 2>>"$place/log" &
  pids[$1]=$!
}

# stop NAME [SIGNAL]
stop ()
{
  local pid=${pids[$1]:-}
  [ -n "$pid" ] || return 0
  unset "pids[$1]"
  kill "-${2:-TERM}" "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
}

# wait_until SECONDS COMMAND…
wait_until ()
{
  local until=$((SECONDS + $1))
  until "${@:2}"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.1
  done
}

# The address that a program prints when it is ready.
is_listening ()
{
  listening=$(sed -n 's/^listening on //p' "$1")
  [ -n "$listening" ]
}

clean_up ()
{
  local status=$? name
  trap '' HUP INT TERM PIPE
  [ "$status" -ne 141 ] || exec >/dev/null 2>&1
  end_screen
  [ $status -lt 129 ] || echo "Interrupted: everything that was started ends, and what was made is removed."
  # The daemon first: it is the bus's child, not ours.
  if [ -n "${pids[bus]:-}" ]; then
    local pid
    pid=$(daemon_pid)
    [ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait_until 5 is_gone "$pid" || kill -KILL "$pid" 2>/dev/null; }
  fi
  for name in "${!pids[@]}"; do
    stop "$name"
  done
  [ -z "$place" ] || rm -rf "$place"
  exit "$status"
}

is_gone ()
{
  ! kill -0 "$1" 2>/dev/null
}

# --- The private place ---

make_place ()
{
  place=$(mktemp -d "${TMPDIR:-/var/tmp}/outbox-demo-XXXXXXXX") || exit 1
  mkdir -m 700 "$place"/{store,data,config,run,services}
  export XDG_DATA_HOME=$place/data XDG_CONFIG_HOME=$place/config XDG_RUNTIME_DIR=$place/run XDG_STATE_HOME=$place/state
  export LC_ALL=C.UTF-8 OUTBOX_REST_PORT=0
  unset DBUS_SESSION_BUS_ADDRESS LANGUAGE G_MESSAGES_DEBUG OUTBOX_CRASH_AT
  [ -n "$SERVER" ] || export no_proxy=127.0.0.1
}

xml_escape ()
{
  sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' <<<"$1"
}

# A bus that knows one service: outboxd starts when somebody calls it, as on a desktop.
start_bus ()
{
  local address
  address=unix:path=$(jq -rn --arg path "$place/run/bus" '$path | @uri')
  cat >"$place/services/org.outbox.Outbox1.service" <<SERVICE
[D-BUS Service]
Name=org.outbox.Outbox1
Exec="$(sed 's/[\\"$`]/\\&/g' <<<"$build/daemon/outboxd")"
SERVICE
  cat >"$place/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>$address</listen>
  <servicedir>$(xml_escape "$place/services")</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONF
  start bus dbus-daemon --nofork --config-file="$place/bus.conf" >>"$place/log"
  wait_until 10 test -S "$place/run/bus" || die "The private bus did not start." "$(tail -n 5 "$place/log")"
  export DBUS_SESSION_BUS_ADDRESS=$address
}

# Empty where outboxd does not run; asking does not start it.
daemon_pid ()
{
  gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus \
    --method org.freedesktop.DBus.GetConnectionUnixProcessID org.outbox.Outbox1 2>/dev/null \
    | sed -n 's/^(uint32 \([0-9]*\),)$/\1/p'
}

# start_receiver PORT: 0 takes any. The rate makes it a server at the end of a slow line, and relative addresses keep
# Outbox on the link.
start_receiver ()
{
  rm -f "$place/receiver"
  start receiver "$build/tests/receiver/outbox-receiver" --port "$1" --folder "$place/store" \
    --order "{\"fault\": \"rate\", \"bytes\": $rate}" --order '{"fault": "location", "mode": "path"}' >"$place/receiver"
  wait_until 20 is_listening "$place/receiver" || die "The receiver did not start." "$(tail -n 5 "$place/log")"
  receiver_url=$listening
  receiver_port=${listening##*:}
  receiver_port=${receiver_port%%/*}
}

# The link obeys lines on one pipe and answers each on another.
start_link ()
{
  mkfifo "$place/to-link" "$place/from-link"
  exec {to_link}<>"$place/to-link" {from_link}<>"$place/from-link"
  start link "$build/tests/demo/outbox-link" "$receiver_url" <"$place/to-link" >"$place/from-link"
  read -r -t 10 link_url <&"$from_link" || die "The link did not start." "$(tail -n 5 "$place/log")"
  link_url=${link_url#listening on }
}

# link down|up|count
link ()
{
  echo "$1" >&"$to_link"
  read -r -t 10 link_answer <&"$from_link" || die "The link is gone." "$(tail -n 5 "$place/log")"
}
