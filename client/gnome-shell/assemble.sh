#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# assemble.sh FOLDER ICON… -- FILE…: the folder of an extension, as the shell reads it.
set -e
folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder/icons"
while [ "$1" != -- ]; do
  cp "$1" "$folder/icons/"
  shift
done
shift
cp "$@" "$folder/"
