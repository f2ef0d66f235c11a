#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Fills a folder with what a capture app would hand in: real photographs (Debian's lomiri-wallpapers-16.04, CC BY and
# CC BY-SA), a valid video of a chosen size, a voice note and a form. Two different photos are called IMG_0001.jpg, and
# some names are in other scripts.
#
#   media.sh DIR [--photos N] [--videos N] [--video-mb M]     defaults: 20 photos, 1 video of 300 MB
#
#   DIR/first-camera/IMG_0001.jpg … IMG_<N-4>.jpg     DIR/second-camera/IMG_0001.jpg
#   DIR/other-names/{Фото 1,写真,صورة}.jpg             DIR/VID_0001.mp4 …  DIR/note.m4a  DIR/form.json
set -euo pipefail

usage ()
{
  echo "usage: media.sh DIR [--photos N] [--videos N] [--video-mb M]" >&2
  exit 2
}

[ $# -ge 1 ] || usage
case $1 in -*) usage ;; esac
dir=$1
shift
photos=20
videos=1
video_mb=300
while [ $# -gt 0 ]; do
  case $1:${2:-} in
    --photos:[0-9]*) photos=$2 ;;
    --videos:[0-9]*) videos=$2 ;;
    --video-mb:[0-9]*) video_mb=$2 ;;
    *) usage ;;
  esac
  shift 2
done

run_ffmpeg ()
{
  ffmpeg -nostdin -hide_banner -loglevel error -y "$@"
}

sources=(/usr/share/backgrounds/*_by_*.jpg)
[ -e "${sources[0]}" ] || { echo "media.sh: no photographs; run tests/setup/install.sh" >&2; exit 1; }

# The same photograph twice would be the same bytes twice: each later round over the sources cuts a little more off.
made=0
put_photo ()
{
  local source=${sources[$((made % ${#sources[@]}))]} round=$((made / ${#sources[@]}))
  if [ "$round" -eq 0 ]; then
    cp "$source" "$1"
  else
    run_ffmpeg -i "$source" -vf "crop=iw-$((round * 16)):ih-$((round * 16)),hflip" -frames:v 1 -update 1 -q:v 2 "$1"
  fi
  made=$((made + 1))
}

mkdir -p "$dir/first-camera" "$dir/second-camera" "$dir/other-names"
special=("second-camera/IMG_0001.jpg" "other-names/Фото 1.jpg" "other-names/写真.jpg" "other-names/صورة.jpg")
ordinary=$((photos > ${#special[@]} ? photos - ${#special[@]} : 0))
for ((i = 1; i <= ordinary; i++)); do
  put_photo "$dir/first-camera/$(printf 'IMG_%04d.jpg' "$i")"
done
for ((i = 0; i < ${#special[@]} && i < photos - ordinary; i++)); do
  put_photo "$dir/${special[$i]}"
done

run_ffmpeg -f lavfi -i "sine=frequency=330:sample_rate=48000,tremolo=f=5" -t 12 -c:a aac -b:a 96k "$dir/note.m4a"

cat >"$dir/form.json" <<FORM
{
  "form": "site-visit",
  "case": "2026-0417",
  "site": "Brücke am Mühlbach",
  "inspector": "A. Nikolaou",
  "visited_at": "2026-04-17T09:42:00+02:00",
  "findings": [
    {"part": "parapet", "state": "cracked", "photo": "IMG_0001.jpg"},
    {"part": "bearing", "state": "good", "photo": "Фото 1.jpg"}
  ],
  "photos": $photos
}
FORM

# Moving noise does not compress, so the size follows the number of frames: 2.24 MB each at these settings.
for ((i = 1; video_mb > 0 && i <= videos; i++)); do
  run_ffmpeg -f lavfi -i testsrc2=size=1920x1080:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 \
    -vf "noise=alls=30:allf=t:all_seed=$i" -frames:v "$((video_mb * 100 / 224 + 1))" -shortest \
    -c:v libx264 -preset ultrafast -qp 12 -pix_fmt yuv420p -c:a aac "$dir/$(printf 'VID_%04d.mp4' "$i")"
done
