#!/bin/bash
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds packages of the version before, whose queue has the schema before, so that an upgrade can be tried. There were no packages of it: it
# is built as a package of today is. They land in FOLDER, which is emptied first. Ends with 77 where the history of the source is not here.
#
#   older.sh FOLDER
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
# The last commit with schema 1, which tests/fixtures/queue-1.sql is a queue of.
commit=73fcbcfaa1
version=0.0.9
mkdir -p "$1"
folder=$(cd "$1" && pwd)
source=$folder/outbox-$version

git -C "$top" cat-file -e "$commit^{commit}" 2>/dev/null || { echo "older.sh: the history of the source is not here"; exit 77; }
rm -rf "${folder:?}"/*
mkdir "$source"
git -C "$top" archive "$commit" | tar -x -C "$source"
mkdir -p "$source/debian/source"
cd "$source/debian"
cp "$top/debian/copyright" .
cp "$top/debian/source/format" source/
cp "$top/debian/liboutbox0.install" .

cat >changelog <<C
outbox ($version) unstable; urgency=medium

  * The version before.

 -- The Outbox authors <maintainers@outbox.example>  Tue, 24 Nov 2026 20:24:03 +0000
C
cat >outbox.install <<'I'
usr/bin/outbox
usr/lib/systemd/user
usr/libexec/outboxd
usr/share/bash-completion
usr/share/dbus-1
usr/share/locale
usr/share/man
usr/share/outbox
I
cat >rules <<'R'
#!/usr/bin/make -f
%:
	dh $@ --buildsystem=meson

override_dh_auto_configure:
	dh_auto_configure -- -Dtests=false -Dintrospection=disabled

override_dh_missing:
R
chmod 755 rules
# The two packages as they are now, without what is only needed to build the others.
awk -v RS= -v ORS='\n\n' '/^Source:/ || /^Package: (outbox|liboutbox0)\n/' "$top/debian/control" \
  | grep -vE '^ (dh-sequence-gir|gi-docgen.*|gobject-introspection|libgirepository1.0-dev|libdbusmenu-glib-dev|valac),$' >control

cd "$source"
dpkg-buildpackage --unsigned-source --unsigned-changes --build=binary >"$folder/build.log" 2>&1 \
  || { tail -n 40 "$folder/build.log"; echo "the packages of the version before could not be built: $folder/build.log"; exit 1; }
cd "$folder"
rm -rf "$source" ./*dbgsym*
ls "$folder"/*.deb
