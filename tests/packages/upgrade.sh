#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Root, in a fresh Debian that has booted: the version before (/host/older) has uploads in every state when this one is installed over it. All
# are there, in the state in which they were; what can be sent is, once. Then an older version comes back: it refuses the newer queue, says
# so, and loses nothing. At last the package is purged, and installed again.
set -euo pipefail
port=8197 later_port=8198 records_port=8199
servers=()

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

# as NAME COMMAND…: a login of their own, by PAM, which ends with the command.
as ()
{
  su --login "$1" --command "${*:2}"
}

serve ()
{
  mkdir -p "/srv/$1"
  /host/tusd -host 127.0.0.1 -port "$1" -upload-dir "/srv/$1" -base-path /files/ -max-size 40000000 -disable-download >>"/srv/$1.log" 2>&1 &
  servers+=($!)
}

# until_true SECONDS COMMAND…
until_true ()
{
  for _ in $(seq $(($1 * 10))); do
    ! "${@:2}" >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  fail "never came true: ${*:2}"
}

# Answers 401 to everything below /guarded/, and says below /record/ whether it has the file: only once somebody has told it so.
cat >/srv/records.py <<'P'
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        body = b'{"stored": true, "attached": true}'
        status = 401 if '/guarded/' in self.path else 200 if os.path.exists('/srv/attached') else 202
        if status != 200:
            body = b'{}'
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = do_OPTIONS = answer

    def log_message(self, *words):
        pass

http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
P

# What a person has: a line an upload, its name and state. A state that time alone changes is no difference.
cat >/srv/states.py <<'P'
import json, sys

uploads = json.load(sys.stdin)
uploads = uploads if isinstance(uploads, list) else uploads['uploads']
for upload in sorted(uploads, key=lambda upload: upload['id']):
    state = {'uploading': 'queued', 'retrying': 'queued'}.get(upload['state'], upload['state'])
    print(upload['id'], upload['name'], state)
P

states ()
{
  as "$1" "outbox list -n 1000 --json" | python3 /srv/states.py
}

# has_state NAME STATE N: whether that many uploads of ana with names that begin so are in that state
has_state ()
{
  [ "$(states ana | grep -c " $1[^ ]* $2\$")" -eq "$3" ]
}

# of_version VERSION: whether ana's service is the program of the installed package
of_version ()
{
  local pid
  pid=$(pgrep -u ana -x outboxd) || return 1
  [ "$(readlink "/proc/$pid/exe")" = /usr/libexec/outboxd ] && [ "$(dpkg-query -W -f '${Version}' outbox)" = "$1" ]
}

# install FOLDER
install ()
{
  apt-get install -y -qq --no-install-recommends --allow-downgrades "$1"/outbox_*.deb "$1"/liboutbox0_*.deb >/srv/apt.log 2>&1 \
    || { cat /srv/apt.log; fail "the packages of $1 could not be installed"; }
}

# arrived PORT FILE…: each of them is at that server whole, once, and nothing else is
arrived ()
{
  local folder=/srv/$1
  find "$folder" -type f ! -name '*.info' ! -name '*.lock' -exec sha256sum {} + | cut -d ' ' -f 1 | sort >/srv/there
  sha256sum "${@:2}" | cut -d ' ' -f 1 | sort >/srv/here
  diff /srv/here /srv/there >/srv/difference || { cat /srv/difference; fail "what is at $folder is not what was sent, once each"; }
}

make_file ()
{
  head -c "$2" /dev/urandom >"$1"
}

apt-get update -qq
apt-get install -y -qq --no-install-recommends python3 >/srv/apt.log 2>&1 || { cat /srv/apt.log; fail "python3"; }
older=$(dpkg-deb -f /host/older/outbox_*.deb Version)
newer=$(dpkg-deb -f /host/outbox_*.deb Version)
start=$(date +%s%N)
install /host/older
for person in ana bo; do
  useradd --create-home --shell /bin/bash $person
done
# Logged in for the whole time.
loginctl enable-linger ana
until_true 30 systemctl is-active "user@$(id -u ana).service"
as ana "systemctl --user start outboxd.service"
until_true 30 of_version "$older"

# --- Uploads in every state, of the version before ---

cd /home/ana
python3 /srv/records.py $records_port &
servers+=($!)
serve $port
mkdir -p .config/outbox
cat >.config/outbox/outbox.conf <<C
[Rule video]
metered=allow
rate=200K

[Rule audio]
match-type=audio/*
hours=$(date -d '+12 hours' +%H):00-$(date -d '+13 hours' +%H):00
C
for i in $(seq 5); do
  make_file "sent-$i.jpg" 300000
  make_file "attached-$i.jpg" 300000
  make_file "guarded-$i.jpg" 1000
  make_file "paused-$i.jpg" 20000
  make_file "stopped-$i.jpg" 20000
  make_file "later-$i.jpg" 20000
  make_file "hours-$i.mp3" 20000
  make_file "film-$i.mp4" 4000000
done
make_file large-1.jpg 41000000
for i in $(seq 300); do
  make_file "away-$i.jpg" 5000
done
chown -R ana: .
as ana "
  set -e
  outbox destination set depot --url http://127.0.0.1:$port/files/ --default
  outbox destination set away --url http://127.0.0.1:$later_port/files/
  outbox destination set guarded --url http://127.0.0.1:$records_port/guarded/
  outbox destination set records --url http://127.0.0.1:$port/files/ --confirm-url 'http://127.0.0.1:$records_port/record/{id}'
  outbox add sent-*.jpg -g case-1 -t 'Case 1' --wait
  outbox add attached-*.jpg -d records -g case-2
  outbox add guarded-*.jpg -d guarded
  outbox pause \$(outbox add paused-*.jpg -b 2099-01-01T00:00)
  outbox add stopped-*.jpg -g case-3 -b 2099-01-01T00:00
  outbox group pause case-3
  outbox add later-*.jpg -b 2099-01-01T00:00
  outbox add hours-*.mp3
  outbox add large-1.jpg
  outbox add away-*.jpg -d away -g case-4
  outbox add film-*.mp4
" >/srv/ids || fail "the version before could not be given uploads"
until_true 60 has_state attached confirming 5
until_true 60 has_state guarded paused 5
until_true 60 has_state large failed 1
until_true 60 has_state hours paused 5
until_true 60 has_state sent "done" 5
until_true 60 sh -c 'find /srv/8197 -type f ! -name "*.info" -size +100k -size -3900k | grep -q .'
states ana >/srv/before
before_pid=$(pgrep -u ana -x outboxd)
make_file /home/bo/bo.jpg 50000
chown bo: /home/bo/bo.jpg
as bo "outbox destination set depot --url http://127.0.0.1:$later_port/files/ --default && outbox add bo.jpg" >/dev/null
until_true 60 sh -c '! pgrep -u bo -x outboxd'
since "$(wc -l </srv/before) uploads of $older: $(cut -d ' ' -f 3 /srv/before | sort | uniq -c | tr -s '\n ' ' ')"

# --- This version is installed ---

install /host
since "upgraded to $newer"
until_true 30 of_version "$newer"
[ "$(pgrep -u ana -x outboxd)" != "$before_pid" ] || fail "the service was not restarted"
! pgrep -u bo -x outboxd || fail "a service was started that did not run"
states ana >/srv/after
# What was on its way may have arrived meanwhile.
diff <(grep -v ' film' /srv/before) <(grep -v ' film' /srv/after) || fail "something has another state than before"
[ "$(wc -l </srv/before)" -eq "$(wc -l </srv/after)" ] || fail "something is missing"
as ana "outbox group" | tee /srv/groups
grep -q 'Case 1' /srv/groups || fail "a group is missing"
as ana "outbox log >/dev/null && outbox doctor" >/srv/doctor || cat /srv/doctor
since "all are there"

# Nothing holds the films back any more.
sed -i 's/^rate=.*/rate=/' .config/outbox/outbox.conf
serve $later_port
touch /srv/attached
as ana "outbox retry --all; outbox destination resume away" >/dev/null 2>&1 || true
until_true 120 has_state film "done" 5
until_true 120 has_state attached "done" 5
until_true 120 has_state away "done" 300
as bo "timeout 60 outbox watch --until-done" >/dev/null || fail "what somebody had who was not logged in did not arrive"
arrived $port sent-*.jpg attached-*.jpg film-*.mp4
arrived $later_port away-*.jpg /home/bo/bo.jpg
has_state paused paused 5 && has_state stopped paused 5 && has_state later paused 5 && has_state hours paused 5 \
  && has_state guarded paused 5 && has_state large failed 1 || { states ana; fail "something does not wait any more"; }
since "arrived, once each"

# --- An older version comes back ---

remember ()
{
  states ana >/srv/states-before
  find .local/share/outbox/spool -type f | sort | xargs sha256sum >/srv/spool-before
}

# lost_nothing WHAT: what a refusal has touched
lost_nothing ()
{
  find .local/share/outbox/spool -type f | sort | xargs sha256sum | diff /srv/spool-before - || fail "$1 changed the spool"
  [ -e .local/share/outbox/queue.db ] || fail "$1 took the queue"
}

remember
# To a queue of the version that comes next, this one is the older.
as ana "systemctl --user stop outboxd.service"
schema=$(python3 -c "import sqlite3; print(sqlite3.connect('.local/share/outbox/queue.db').execute('PRAGMA user_version').fetchone()[0])")
as ana "python3 -c \"import sqlite3; sqlite3.connect('.local/share/outbox/queue.db').execute('PRAGMA user_version = $((schema + 1))')\""
as ana "outbox status" >/srv/status 2>&1 && fail "a newer queue is not refused"
cat /srv/status
grep -q 'newer version' /srv/status || fail "the refusal does not say why"
as ana "outbox doctor" >/srv/doctor 2>&1 || true
grep -q 'newer version' /srv/doctor || { cat /srv/doctor; fail "outbox doctor does not say why"; }
lost_nothing "a refusal"
as ana "systemctl --user stop outboxd.service"
as ana "python3 -c \"import sqlite3; sqlite3.connect('.local/share/outbox/queue.db').execute('PRAGMA user_version = $schema')\""
as ana "systemctl --user start outboxd.service"
until_true 30 of_version "$newer"
diff /srv/states-before <(states ana) || fail "a refusal lost something"
since "a newer queue refused, and nothing lost"

install /host/older
grep -q 'older version' /srv/apt.log || { cat /srv/apt.log; fail "apt does not tell what a downgrade means"; }
begin=$(date +%s)
as ana "systemctl --user restart outboxd.service" 2>/dev/null || true
until_true 30 sh -c "journalctl --since=@$begin | grep -q 'written by a newer version'"
lost_nothing "a downgrade"
as ana "systemctl --user stop outboxd.service"
since "downgraded to $older, which refused"
install /host
as ana "systemctl --user start outboxd.service"
until_true 30 of_version "$newer"
diff /srv/states-before <(states ana) || fail "a downgrade lost something"
since "upgraded again, and nothing lost"

# --- Purged with files that have not arrived ---

apt-get purge -y -qq outbox liboutbox0 >/srv/apt.log 2>&1 || { cat /srv/apt.log; fail "purge"; }
grep 'have not arrived' /srv/apt.log || { cat /srv/apt.log; fail "purge does not tell what becomes of files that have not arrived"; }
until_true 30 sh -c '! pgrep -x outboxd'
lost_nothing "a purge"
install /host
paused=$(states ana | awk '$2 ~ /^paused/ { printf "%s ", $1 }')
as ana "outbox resume $paused && outbox send-now $paused" >/dev/null
until_true 60 has_state paused "done" 5
arrived $port sent-*.jpg attached-*.jpg film-*.mp4 paused-*.jpg
since "purged, installed again, and what was left arrived"
kill "${servers[@]}"
echo "ok: an upgrade with a full queue"
