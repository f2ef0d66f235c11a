#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs a program under helgrind; what it finds makes the program fail with 99. HELGRIND_PROGRAM stands in for the program
# where a test starts it (OUTBOXD=helgrind.sh).
#
#   HELGRIND_LIBRARY  the wrappers of helgrind-glib.c, built
#   HELGRIND_LOGS     a folder for the reports
here=$(dirname "$(readlink -f "$0")")
[ -z "${HELGRIND_PROGRAM:-}" ] || set -- "$HELGRIND_PROGRAM" "$@"
LD_PRELOAD=$HELGRIND_LIBRARY
export LD_PRELOAD
exec valgrind --tool=helgrind --error-exitcode=99 --suppressions="$here/helgrind.supp" \
  --log-file="$HELGRIND_LOGS/%p.log" "$@"
