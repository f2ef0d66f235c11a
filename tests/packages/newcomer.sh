#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Root, in a fresh Debian that has booted: somebody new installs the packages of /host, names one server, and hands five photos over, of which
# the first has arrived when the network is cut. They log out and in again, and all have arrived. At last the packages are purged.
set -euo pipefail
start=$(date +%s%N)
server='' link=''

# since TIME WHAT
since ()
{
  echo "$((($(date +%s%N) - $1) / 1000000)) ms: ${*:2}"
}

fail ()
{
  echo "not ok: $*"
  journalctl --no-pager -n 60 || true
  exit 1
}

# as_ana COMMAND…: a login of their own, by PAM, which ends with the command.
as_ana ()
{
  su --login ana --command "$*"
}

serve ()
{
  /host/tusd -host 127.0.0.1 -port 8196 -upload-dir /srv/photos -base-path /files/ -disable-download -behind-proxy >>/srv/tusd.log 2>&1 &
  server=$!
}

# A network to the server, at port 8197: 1.6 MB a second.
cat >/srv/link.pl <<'P'
use strict;
use IO::Select;
use IO::Socket::INET;

my $door = IO::Socket::INET->new (LocalAddr => '127.0.0.1', LocalPort => 8197, Listen => 16, ReuseAddr => 1) or die $!;
my $open = IO::Select->new ($door);
my %other;

for (;;)
  {
    for my $end ($open->can_read)
      {
        if ($end == $door)
          {
            my $caller = $door->accept;
            my $server = IO::Socket::INET->new ('127.0.0.1:8196') or next;
            $open->add ($caller, $server);
            @other{$caller, $server} = ($server, $caller);
          }
        elsif ($open->exists ($end))
          {
            my ($to, $bytes) = ($other{$end}, '');
            select (undef, undef, undef, 0.01);
            next if sysread ($end, $bytes, 16384) && syswrite ($to, $bytes);
            $open->remove ($end, $to);
            close $_ for ($end, $to);
          }
      }
  }
P

restore_network ()
{
  perl /srv/link.pl &
  link=$!
}

cut_network ()
{
  kill -KILL $link
  wait $link 2>/dev/null || true
}

# how_often FILE: how often the server has exactly these bytes
how_often ()
{
  find /srv/photos -type f ! -name '*.info' -exec sha256sum {} + | grep -c "^$(sha256sum <"$1" | cut -d ' ' -f 1) " || true
}

how_many_there ()
{
  local n=0
  for i in 1 2 3 4 5; do
    n=$((n + $(how_often "/home/ana/IMG_000$i.jpg")))
  done
  echo $n
}

useradd --create-home --shell /bin/bash ana
mkdir /srv/photos
dpkg-query -W -f '${Package}\n' | sort >/srv/before
cd /host
apt-get update -qq
apt-get install -y -qq --no-install-recommends ./outbox_*.deb ./liboutbox0_*.deb >/srv/apt.log 2>&1 || { cat /srv/apt.log; fail "the packages could not be installed"; }
since $start "installed"

for i in 1 2 3 4 5; do
  head -c $((i * 900000)) /dev/urandom >"/home/ana/IMG_000$i.jpg"
done
chown ana: /home/ana/*.jpg

serve
restore_network
handed_over=$(date +%s%N)
# They stay until the network has been cut: a logout would stop what is being sent.
as_ana "
  outbox destination set depot --url http://127.0.0.1:8197/files/ --default && outbox add IMG_*.jpg --group case-417 >ids
  touch handed-over
  until [ -e /srv/cut ]; do sleep 0.1; done
" &
session=$!
for _ in $(seq 600); do
  [ ! -e /home/ana/handed-over ] || break
  sleep 0.02
done
since "$handed_over" "handed over"
[ "$(wc -l </home/ana/ids)" -eq 5 ] || fail "five ids were to be printed: $(cat /home/ana/ids)"
for _ in $(seq 500); do
  [ "$(how_many_there)" -eq 0 ] || break
  sleep 0.02
done
[ "$(how_many_there)" -gt 0 ] || fail "no photo has arrived"
since "$handed_over" "the first photo has arrived"
since "$start" "the first photo has arrived, since apt install"
cut_network
[ "$(how_many_there)" -lt 5 ] || fail "all had arrived before the cut"
touch /srv/cut
wait $session || fail "the session"
# The service of a person who has logged out ends some seconds later, and with it what it was doing.
logged_out ()
{
  for _ in $(seq 300); do
    [ "$(systemctl show --property ActiveState --value "user@$(id -u ana).service")" != inactive ] || return 0
    sleep 0.1
  done
  fail "the person's services run on after the logout"
}
logged_out
! pgrep -x outboxd || fail "outboxd outlives the session"
since $start "logged out"

restore_network
back=$(date +%s%N)
as_ana "systemctl --user start default.target; systemctl --user is-active outboxd.service" || fail "a login does not start the service"
as_ana "timeout 120 outbox watch --until-done --group case-417" || fail "they have not arrived"
since "$back" "logged in again, and all have arrived"
for i in 1 2 3 4 5; do
  [ "$(how_often "/home/ana/IMG_000$i.jpg")" -eq 1 ] || fail "photo $i is there $(how_often "/home/ana/IMG_000$i.jpg") times"
done
as_ana "outbox status" || fail "status"

# A desktop starts the icon of panels.
as_ana "systemctl --user cat app-org.outbox.Status@autostart.service" | grep -q '^ExecStart=.*outbox-status' || fail "the icon is not started with the session"

# The unit's sandbox is in force: a user namespace, from which the daemon knows all the same who has handed the photos over.
as_ana "systemd-analyze security --user --no-pager --threshold=40 outboxd.service >security; code=\$?; tail -n 1 security; exit \$code" \
  || fail "the unit is exposed"
is_alone ()
{
  [ "$(readlink "/proc/$(pgrep -x outboxd)/ns/user")" != "$(readlink /proc/1/ns/user)" ]
}
is_restrained ()
{
  awk '$1 == "Seccomp:" && $2 != 2 || $1 == "CapBnd:" && $2 != 0 { exit 1 }' "/proc/$(pgrep -x "$1")/status"
}
# By a program whose name is longer than what the kernel tells everybody of it.
knows_who_calls ()
{
  as_ana 'cp /usr/bin/outbox a-camera-of-the-site; date +%N >seen.txt; outbox show "$(./a-camera-of-the-site add seen.txt)" --json' >/srv/seen
  grep -q '"app" : "a-camera-of-the-site"' /srv/seen || { cat /srv/seen; return 1; }
}
is_alone || fail "no user namespace"
is_restrained outboxd || fail "no filter of system calls, or capabilities"
knows_who_calls || fail "it does not know who calls"
[ "$(pgrep -xc outbox-witness)" -eq 1 ] || fail "no witness"

# Each of the two may die, and both end together.
for _ in $(seq 5); do
  pkill -KILL -x outbox-witness
  as_ana "outbox status" || fail "a witness that was killed is not there again"
done
pkill -KILL -x outboxd
as_ana "outbox status" || fail "a service that was killed is not there again"
as_ana "systemctl --user restart outboxd.service; outbox status" || fail "a restart"
as_ana "systemctl --user stop outboxd.service"
! pgrep -x outbox-witness || fail "a witness without its service"
[ ! -e "/run/user/$(id -u ana)/outbox-witness" ] || fail "a witness's socket without its service"
as_ana "outbox status" || fail "it does not start after a stop"

# Where nobody can have such a namespace, the service starts without.
mkdir /etc/systemd/system/user@.service.d
printf '[Service]\nRestrictNamespaces=~user\n' >/etc/systemd/system/user@.service.d/none.conf
systemctl daemon-reload
logged_out
as_ana "systemd-run --user --quiet --wait unshare --user true" && fail "user namespaces are not forbidden"
as_ana "outbox status" || fail "it does not start where there is no user namespace"
! is_alone || fail "a user namespace where there is none"
knows_who_calls || fail "it does not know who calls where there is no user namespace"
as_ana "systemctl --user show --property Environment outboxd.service; outbox doctor" || true
rm -r /etc/systemd/system/user@.service.d
systemctl daemon-reload
logged_out
as_ana "outbox status" || fail "it does not start again"
is_alone || fail "no user namespace again"

# Nobody is logged in, and lingering lets work go on.
loginctl enable-linger ana
cut_network
as_ana "head -c 3000000 /dev/urandom >late.jpg; outbox add late.jpg"
restore_network
for _ in $(seq 600); do
  [ "$(find /srv/photos -type f -size 3000000c | wc -l)" -eq 0 ] || break
  sleep 0.1
done
[ "$(find /srv/photos -type f -size 3000000c | wc -l)" -eq 1 ] || fail "it did not go on without a login"
since $start "arrived without a login"

# An administrator provides a destination, and has the numbers collected, as docs/monitoring.md says.
mkdir -p /etc/outbox /var/lib/prometheus/node-exporter
printf '[Destination archive]\nurl=http://127.0.0.1:8197/files/\n' >/etc/outbox/destinations.conf
for _ in $(seq 100); do
  ! as_ana "outbox destination show archive" >/dev/null 2>&1 || break
  sleep 0.1
done
as_ana "outbox destination remove archive" && fail "somebody else changes what the administrator manages"
unit=
while IFS= read -r line; do
  case $line in
    '`/etc/systemd/system/'*) unit=${line%\`:} unit=${unit#\`}; : >"$unit" ;;
    '    '*) [ -z "$unit" ] || echo "${line#    }" >>"$unit" ;;
    '') ;;
    *) unit= ;;
  esac
done </host/monitoring.md
systemctl daemon-reload
systemctl start outbox-metrics@ana.service || fail "the numbers are not collected"
grep -q '^outbox_up{.*} 1$' /var/lib/prometheus/node-exporter/outbox-ana.prom || fail "no numbers"
systemctl enable --now outbox-metrics@ana.timer || fail "the timer"
systemctl disable --now outbox-metrics@ana.timer
rm -r /etc/outbox /etc/systemd/system/outbox-metrics@* /var/lib/prometheus
systemctl daemon-reload

as_ana "outbox list"
apt-get purge -y -qq outbox liboutbox0 >/srv/apt.log 2>&1 || { cat /srv/apt.log; fail "purge"; }
left=$(find / -xdev \( -path /host -o -path /home -o -path /srv -o -path /proc -o -path /var/log -o -path /script \) -prune -o -iname '*outbox*' -print)
[ -z "$left" ] || fail "a purge leaves $left"
for _ in $(seq 100); do
  pgrep -x outboxd >/dev/null || break
  sleep 0.1
done
! pgrep -x outboxd || fail "the service runs on without its program"
for _ in $(seq 100); do
  pgrep -x outbox-witness >/dev/null || break
  sleep 0.1
done
! pgrep -x outbox-witness || fail "its witness runs on without it"
[ -d /home/ana/.local/share/outbox ] || fail "a purge took what is a person's own"
since $start "purged"
echo "ok: a newcomer's half hour"
