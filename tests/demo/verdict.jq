# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares what was handed over with what arrived. In: $files [{id, name, sha256, size, made}], what the person has;
# $uploads, the documents of "outbox list"; $server [{outbox_id, id, finished, size, sha256, metadata}], what the server has, the
# last two null where it cannot be asked for them; $carried {path: bytes}, what the link carried, or null; $metadata,
# what was said of every file. Out: {rows, wrong, twice}: lists of cells, sentences, a number of bytes.

def short: if (. // "") == "" then "–" else .[0:4] + "…" + .[-4:] end;

def cut($most): if length > $most then .[0:$most - 9] + "…" + .[-8:] else . end;

def tenth(unit): (. * 10 / unit | floor) | "\(. / 10 | floor).\(. % 10)";

def human:
  if . < 1e3 then "\(.) B"
  elif . < 1e6 then tenth(1e3) + " kB"
  elif . < 1e9 then tenth(1e6) + " MB"
  else tenth(1e9) + " GB" end;

def unless(ok; sentence): if ok then empty else sentence end;

# What is wrong with one file, as sentences.
def faults($file; $upload; $found):
  ($found | map(select(.finished))) as $whole
  | [ unless($upload.state == "done"; "is \($upload.state // "unknown") in Outbox"),
      unless($upload.name == $file.name; "is called \($upload.name) in Outbox"),
      unless($upload.sha256 == $file.sha256; "has another SHA-256 in Outbox"),
      unless($upload.receipt.confirmed_at; "was not confirmed"),
      unless($whole | length == 1; "is \($whole | length) times at the server"),
      unless($found - $whole == []; "is at the server unfinished as well"),
      ($whole[]
       | unless(.size == $file.size; "arrived with \(.size) bytes, not \($file.size)"),
         unless(.sha256 == null or .sha256 == $file.sha256; "arrived with other bytes"),
         unless(.metadata == null
                or .metadata == $metadata + {filename: $file.name, filetype: $upload.media_type, outbox_id: $file.id,
                                             outbox_modified_at: $file.made};
                "arrived with other metadata: \(.metadata | tojson)"))
    ] | map("\($file.name) " + .);

def twice($file; $there): [($carried["/files/\($there.id)"] // 0) - $file.size, 0] | max;

def row($file; $upload; $found):
  ($found[0] // {}) as $there
  | [ ($file.name | cut(28)), ($file.size | human), ($file.sha256 | short),
      (if $there.sha256 then ($there.sha256 | short) + (if $there.sha256 == $file.sha256 then " =" else " ≠" end)
       elif $there.finished then "same length"
       else "–" end),
      (if $carried then (twice($file; $there) | human) else "not known" end),
      (if $upload.receipt.record then "attached " + ($upload.receipt.record | short)
       elif $upload.receipt then "stored (tus)"
       else "not confirmed" end) ];

($uploads | map({key: .id, value: .}) | from_entries) as $by_id
| [ $files[] | . as $file | {file: ., upload: $by_id[.id], found: ($server | map(select(.outbox_id == $file.id)))} ]
| { rows: map(row(.file; .upload; .found)),
    twice: (map(twice(.file; .found[0] // {})) | add),
    wrong: ((map(faults(.file; .upload; .found)) | add)
            + (($server | map(.outbox_id)) - ($files | map(.id)) | map("the server has an upload of nobody's: \(.)"))
            + (($uploads | map(.id)) - ($files | map(.id)) | map("Outbox has an upload of nobody's: \(.)"))) }
