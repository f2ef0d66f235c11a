#!/bin/sh
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs a script with the Node that install.sh brought, else with the system's. Skips the test where there is neither.
#
#   node.sh TOOLS ARGUMENT…
tools=${OUTBOX_TOOLS:-$1}
shift
for node in "$tools"/node-runtime/node_modules/node-linux-*/bin/node $(command -v node); do
  [ ! -x "$node" ] || exec "$node" "$@"
done
echo "1..0 # SKIP there is no Node: tests/setup/install.sh test brings it"
