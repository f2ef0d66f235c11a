# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What demo.sh sends, and where: files made for it or the person's own, their fingerprints, the destination. Sourced.

files=()  # paths
sums=()   # their SHA-256, taken before they are handed over
times=()  # when they were made, likewise
sizes=()
made=''   # not empty: the files are ours
group=outbox-demo
title="Outbox demonstration"
said=()   # metadata of every file, KEY=VALUE

# take_name NAME: a name that is there, or a pattern. Returns 1 where it is neither.
take_name ()
{
  local IFS='' matches
  if [ -e "$1" ]; then
    files+=("$1")
    return
  fi
  shopt -s nullglob
  # shellcheck disable=SC2206 # a pattern, and IFS leaves its spaces alone
  matches=($1)
  shopt -u nullglob
  # Without a wildcard it is left as it is.
  [ ${#matches[@]} -gt 0 ] && [ -e "${matches[0]}" ] && files+=("${matches[@]}")
}

# What FILES names: one name or pattern as it is, spaces and all; or several words, quoted as in a shell.
parse_files ()
{
  local word
  ! take_name "$FILES" || return 0
  xargs printf '%s\0' <<<"$FILES" >"$place/words" 2>/dev/null \
    || die "FILES has a quote without its partner: $FILES" "Such as this: FILES=\"'one name.jpg' two.jpg\""
  while read -r -d '' word; do
    case $word in "~/"*) word=$HOME/${word#"~/"} ;; esac
    take_name "$word" || files+=("$word")
  done <"$place/words"
}

check_files ()
{
  local file hint='' wrong=()
  [ ${#files[@]} -lt 2 ] || hint=". A name with spaces needs quotes of its own: FILES=\"'one name.jpg' two.jpg\""
  for file in "${files[@]}"; do
    if [ -d "$file" ]; then
      wrong+=("$file is a folder; its files would be: FILES='$file/*'")
    elif [ ! -e "$file" ]; then
      wrong+=("There is no $file$hint")
    elif [ ! -f "$file" ]; then
      wrong+=("$file is no regular file")
    elif [ ! -r "$file" ]; then
      wrong+=("$file may not be read by $(id -un)")
    fi
  done
  [ ${#wrong[@]} -eq 0 ] || die "These files cannot be sent." "${wrong[@]}"
}

check_room ()
{
  local needed=$1 free
  free=$(df --output=avail -B1 "$place" | tail -n 1)
  [ "$free" -gt "$needed" ] \
    || die "Not enough room in ${place%/*}: $(human "$needed") are needed, $(human "$free") are free." \
      "TMPDIR=/somewhere/else make run takes another place${made:+, VIDEO_MB=50 a smaller video}."
}

choose_files ()
{
  if [ -n "$FILES" ]; then
    parse_files
    check_files
    check_room $((2 * $(du -cbL -- "${files[@]}" | tail -n 1 | cut -f 1)))
    say "$(plural "${#files[@]}" "file of yours is" "files of yours are") to be sent."
    return
  fi
  [[ $VIDEO_MB =~ ^[1-9][0-9]{0,5}$ ]] || die "VIDEO_MB=$VIDEO_MB is no size in megabytes."
  made=yes group=2026-0417 title="Site visit 2026-0417" said=("captured_by=A. Nikolaou" "job=2026-0417")
  check_room $((3 * (VIDEO_MB + 40) * 1000000))
  say "Making what an inspector comes home with: 20 photos (two of them are called" \
    "IMG_0001.jpg), a voice note, a form, a video of $VIDEO_MB MB …"
  "$here/../setup/media.sh" "$place/media" --video-mb "$VIDEO_MB" 2>>"$place/log" \
    || die "The photos and the video could not be made." "$(tail -n 5 "$place/log")"
  # The form first, as the app would.
  files=("$place/media/form.json" "$place"/media/*.mp4 "$place/media/note.m4a" "$place"/media/*/*.jpg)
}

fingerprint ()
{
  local i=0 file
  n_files=${#files[@]} all_bytes=0 star=0 star_size=-1
  for file in "${files[@]}"; do
    sums[i]=$(sha256sum <"$file" | cut -d ' ' -f 1)
    times[i]=$(date -u -r "$file" +%Y-%m-%dT%H:%M:%S.%3NZ)
    sizes[i]=$(stat -Lc %s -- "$file")
    all_bytes=$((all_bytes + sizes[i]))
    [ "${sizes[i]}" -le "$star_size" ] || star=$i star_size=${sizes[i]}
    i=$((i + 1))
  done
  star_name=${files[$star]##*/}
  [ ${#star_name} -le 24 ] || star_name=${star_name:0:15}…${star_name: -8}
  rate=$((all_bytes / travel_seconds + 1))
  [ "$rate" -ge 100000 ] || rate=100000
}

# --- Where to ---

# Ends in bounded time: whether something answers there, and speaks tus.
check_server ()
{
  [ -n "$SERVER" ] || return 0
  local options=(-sS -o /dev/null -D "$place/headers" -X OPTIONS -H 'Tus-Resumable: 1.0.0' --max-time 20)
  [ -z "$HEADER" ] || options+=(-H "${HEADER%%=*}: ${HEADER#*=}")
  case $SERVER in
    http://* | https://*) ;;
    *) die "SERVER=$SERVER is no address of a tus server; one looks like https://example.org/files/" ;;
  esac
  curl "${options[@]}" "$SERVER" 2>"$place/curl" \
    || die "No server answers at $SERVER." "$(sed -n '1s/^curl: ([0-9]*) //p' "$place/curl")"
  ! grep -q '^HTTP/[0-9.]* 40[13]' "$place/headers" \
    || die "$SERVER wants a sign-in: $(head -n 1 "$place/headers" | tr -d '\r')." \
      "Such as this: HEADER='Authorization=Bearer …'"
  grep -qi '^tus-\(version\|resumable\):' "$place/headers" \
    || die "Something answers at $SERVER, but it is no tus server." \
      "It said: $(head -n 1 "$place/headers" | tr -d '\r'), without a word of tus."
  say "$SERVER speaks tus." \
    "It is yours: its link is not cut, it is not restarted. Only Outbox is killed." \
    "It cannot be asked for a SHA-256: the length that it confirms is compared."
}

# set_destination URL OPTION…
set_destination ()
{
  "$outbox" destination set office --url "$1" --default "${@:2}" 2>>"$place/log" \
    || die "The destination could not be set." "$(tail -n 5 "$place/log")"
}

# Prints the ids in the order of the files. What is said of files that were made for it is as an app would say it.
add_files ()
{
  local common=(--group "$group" --title "$title") pair
  for pair in "${said[@]}"; do
    common+=(--metadata "$pair")
  done
  if [ -n "$made" ]; then
    "$outbox" add --move --form "${common[@]}" -- "${files[0]}" 2>>"$place/log" \
      && "$outbox" add --move "${common[@]}" -- "${files[@]:1}" 2>>"$place/log"
  else
    "$outbox" add "${common[@]}" -- "${files[@]}" 2>>"$place/log"
  fi
}
