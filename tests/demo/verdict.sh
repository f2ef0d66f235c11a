# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How demo.sh ends: asks both sides anew what they have, compares, prints the table. Sourced.

# What was handed over, as the person has it: the ids are the only thing that Outbox said about it.
list_files ()
{
  local i
  for ((i = 0; i < n_files; i++)); do
    jq -n --arg id "${ids[i]}" --arg name "${files[i]##*/}" --arg sha256 "${sums[i]}" --argjson size "${sizes[i]}" \
      --arg made "${times[i]}" '{$id, $name, $sha256, $size, made: ($made | sub(".000Z"; "Z"))}'
  done | jq -s .
}

# What our receiver has. Its word counts for metadata; each file's digest is taken from its disk.
list_received ()
{
  curl -sS --max-time 20 "${receiver_url%/files/}/control" 2>>"$place/log" | jq -c '.uploads[]' \
    | while read -r upload; do
      id=$(jq -r .id <<<"$upload")
      jq --arg sum "$(sha256sum <"$place/store/$id" | cut -d ' ' -f 1)" '.sha256 = $sum' <<<"$upload"
    done | jq -s .
}

# What the person's server says of each: it cannot be asked for a digest.
list_confirmed ()
{
  local id url head offset length
  while read -r id url; do
    head=$(curl -sS -I --max-time 20 -H 'Tus-Resumable: 1.0.0' ${HEADER:+-H "${HEADER%%=*}: ${HEADER#*=}"} "$url" \
      2>>"$place/log" | tr -d '\r')
    offset=$(sed -n 's/^upload-offset: *//ip' <<<"$head")
    length=$(sed -n 's/^upload-length: *//ip' <<<"$head")
    jq -n --arg id "$id" --arg url "$url" --argjson offset "${offset:-null}" --argjson length "${length:-null}" \
      '{outbox_id: $id, id: $url, finished: ($offset != null and $offset == $length), size: $offset,
        sha256: null, metadata: null}'
  done < <(jq -r '.[] | "\(.id) \(.receipt.url // "")"' "$place/uploads.json") | jq -s .
}

compare ()
{
  local carried=null
  "$outbox" list --json >"$place/uploads.json" 2>>"$place/log"
  list_files >"$place/files.json"
  if [ -z "$SERVER" ]; then
    list_received >"$place/server.json"
    link count
    carried=$link_answer
  else
    list_confirmed >"$place/server.json"
  fi
  jq -n --slurpfile files "$place/files.json" --slurpfile uploads "$place/uploads.json" \
    --slurpfile server "$place/server.json" --argjson carried "$carried" \
    '$files[0] as $files | $uploads[0] as $uploads | $server[0] as $server
     | ($ARGS.positional | map(split("=") | {(.[0]): .[1]}) | add) as $metadata
     | '"$(cat "$here/verdict.jq")" --args "outbox_group=$group" "${said[@]}" >"$place/verdict.json" 2>>"$place/log"
}

judge ()
{
  local took=$1 wrong left status
  compare || die "What arrived could not be compared." "$(tail -n 5 "$place/log")"
  echo
  {
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' FILE SIZE SHA-256 "AT SERVER" "SENT TWICE" CONFIRMED
    jq -r '.rows[] | @tsv' "$place/verdict.json"
  } | column -t -s $'\t' -R 2,5
  echo
  mapfile -t wrong < <(jq -r '.wrong[]' "$place/verdict.json")
  left=$(find "$XDG_DATA_HOME/outbox/spool" -type f | wc -l)
  [ "$left" -eq 0 ] || wrong+=("$(plural "$left" "file is" "files are") left in the spool")
  status=$("$outbox" status 2>&1 | head -n 1)
  [ "$(count_state done)" = "$n_files" ] || wrong+=("outbox status says: $status")
  if [ ${#wrong[@]} -gt 0 ]; then
    printf '%sNot exact:%s\n' "$bad" "$plain"
    printf '  %s\n' "${wrong[@]}"
    exit 1
  fi
  conclude "$took" "$status"
}

conclude ()
{
  local took=$1 status=$2 twice
  twice=$(jq .twice "$place/verdict.json")
  printf '%s✓ %s%s It took %s s.\n' "$good" "$status" "$plain" "$took"
  if [ -z "$SERVER" ]; then
    echo "  Each is at the server exactly once, byte for byte, under its name and with"
    echo "  its metadata, and was confirmed. Nothing is left in the spool."
    echo "  Of $(human "$all_bytes"), $(human "$twice") went over the link twice."
  else
    echo "  Each is at your server at its full length (asked again: offset = length), and"
    echo "  stays there. Nothing is left in the spool. Not checked, since tus has no way"
    echo "  to ask: bytes and name at the server, and what went over the line twice."
  fi
}
