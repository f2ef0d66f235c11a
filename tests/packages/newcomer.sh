#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Root, in a fresh Debian that has booted: somebody new installs the packages of /host, names one server, and hands five photos over
# while that is away. They log out and in again, and the photos arrive. At last the packages are purged.
set -euo pipefail
start=$(date +%s%N)
server=

since ()
{
  echo "$((($(date +%s%N) - start) / 1000000)) ms: $*"
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
  /host/tusd -host 127.0.0.1 -port 8197 -upload-dir /srv/photos -base-path /files/ -disable-download >/srv/tusd.log 2>&1 &
  server=$!
}

useradd --create-home --shell /bin/bash ana
mkdir /srv/photos
dpkg-query -W -f '${Package}\n' | sort >/srv/before
cd /host
apt-get update -qq
apt-get install -y -qq --no-install-recommends ./outbox_*.deb ./liboutbox0_*.deb >/srv/apt.log 2>&1 || { cat /srv/apt.log; fail "the packages could not be installed"; }
since "installed"

for i in 1 2 3 4 5; do
  head -c $((i * 900000)) /dev/urandom >"/home/ana/IMG_000$i.jpg"
done
chown ana: /home/ana/*.jpg

as_ana "outbox destination set depot --url http://127.0.0.1:8197/files/ --default"
as_ana "outbox add IMG_*.jpg --group case-417" >/srv/ids
[ "$(wc -l </srv/ids)" -eq 5 ] || fail "five ids were to be printed: $(cat /srv/ids)"
since "handed over"
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
since "logged out"
[ "$(find /srv/photos -type f ! -name '*.info' | wc -l)" -eq 0 ]

serve
as_ana "systemctl --user start default.target; systemctl --user is-active outboxd.service" || fail "a login does not start the service"
as_ana "timeout 120 outbox watch --until-done --group case-417" || fail "they have not arrived"
since "arrived"
for i in 1 2 3 4 5; do
  sum=$(sha256sum <"/home/ana/IMG_000$i.jpg")
  same=0
  for file in $(find /srv/photos -type f ! -name '*.info'); do
    [ "$(sha256sum <"$file")" != "$sum" ] || same=$((same + 1))
  done
  [ $same -eq 1 ] || fail "photo $i is there $same times"
done
as_ana "outbox status" || fail "status"

# The unit's sandbox is in force, and is none from which no app could be told.
as_ana "systemd-analyze security --user --no-pager --threshold=63 outboxd.service >security; code=\$?; tail -n 1 security; exit \$code" \
  || fail "the unit is exposed"
daemon=$(pgrep -x outboxd)
[ "$(awk '$1 == "Seccomp:" { print $2 }' "/proc/$daemon/status")" = 2 ] || fail "no filter of system calls"
[ "$(readlink "/proc/$daemon/ns/user")" = "$(readlink /proc/1/ns/user)" ] || fail "a user namespace"

# Nobody is logged in, and lingering lets work go on.
loginctl enable-linger ana
kill $server
wait $server || true
as_ana "head -c 3000000 /dev/urandom >late.jpg; outbox add late.jpg"
serve
for _ in $(seq 600); do
  [ "$(find /srv/photos -type f -size 3000000c | wc -l)" -eq 0 ] || break
  sleep 0.1
done
[ "$(find /srv/photos -type f -size 3000000c | wc -l)" -eq 1 ] || fail "it did not go on without a login"
since "arrived without a login"

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
[ -d /home/ana/.local/share/outbox ] || fail "a purge took what is a person's own"
since "purged"
echo "ok: a newcomer's half hour"
