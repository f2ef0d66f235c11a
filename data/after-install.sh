#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# After `meson install`: lets the system find the library, and tells what to set where it does not look by itself.
# after-install.sh PREFIX LIBDIR TYPELIBDIR (empty: no introspection)
set -eu
prefix=$1 libdir=$2 typelibdir=$3

# A package's own scripts do the rest where the files are only collected.
[ -z "${DESTDIR:-}" ] || exit 0

# The command finds the library by its own path; programs of others ask the cache.
[ "$(id -u)" != 0 ] || PATH=$PATH:/sbin:/usr/sbin ldconfig || echo "ldconfig failed: programs may not find $libdir/liboutbox.so.0" >&2

case $prefix in
  /usr) ;;
  /usr/local)
    [ -z "$typelibdir" ] || echo "For apps in Python or JavaScript: export GI_TYPELIB_PATH=$typelibdir"
    ;;
  *)
    echo "The session bus looks for Outbox in $prefix/share once XDG_DATA_DIRS has it when the session begins, such as"
    echo "  XDG_DATA_DIRS=$prefix/share:/usr/local/share:/usr/share"
    echo "For apps in C: export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir"
    [ -z "$typelibdir" ] || echo "For apps in Python or JavaScript: export GI_TYPELIB_PATH=$typelibdir"
    ;;
esac
