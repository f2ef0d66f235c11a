#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The documents as a site, in a folder of its own. Usage: site.sh FOLDER
# Each page stands where it stands here, beside the files of this tree that pages lead to, so that one link holds in both.
set -eu

SITE_FOLDER=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")/.."
SITE_SOURCE=$(mktemp -d)
trap 'rm -rf "$SITE_SOURCE"' EXIT
export SITE_FOLDER SITE_SOURCE

mkdir "$SITE_SOURCE/docs"
cp README.md CONTRIBUTING.md CHANGELOG.md COPYING "$SITE_SOURCE"
cp -r docs/*.md docs/*.png docs/*.svg docs/servers "$SITE_SOURCE/docs"
# What pages lead to outside of docs: "](../data/openapi.json)" there, "](data/openapi.json)" in those above.
{ sed -nE 's/\]\(\.\.\//\n&/gp' docs/*.md; sed -nE 's/\]\([a-z]/\n&/gp' README.md CONTRIBUTING.md; } \
  | sed -nE 's/^\]\((\.\.\/)?([^)#]+).*/\2/p' | grep -v '^[a-z]*:' | sort -u | while read -r file; do
  [ ! -f "$file" ] || [ -e "$SITE_SOURCE/$file" ] || install -D -m 644 "$file" "$SITE_SOURCE/$file"
done
mkdocs build --quiet --clean --strict --config-file docs/mkdocs.yml
