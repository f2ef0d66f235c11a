#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the Debian packages of what is committed, and has lintian read them. They land in FOLDER, which is emptied first.
#
#   build.sh FOLDER
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
rm -rf "${folder:?}"/*
version=$(cd "$top" && dpkg-parsechangelog --show-field Version)
source=$folder/outbox-$version

mkdir "$source"
git -C "$top" archive HEAD | tar -x -C "$source"
(cd "$source" && dpkg-buildpackage --unsigned-source --unsigned-changes --build=full) >"$folder/build.log" 2>&1 \
  || { tail -n 40 "$folder/build.log"; echo "the packages could not be built: $folder/build.log"; exit 1; }
rm -rf "$source"
# Root builds them in a container; that is no fault of theirs.
lintian --allow-root --fail-on error,warning,info,pedantic --info --display-info --pedantic "$folder"/*.changes
ls "$folder"/*.deb
