# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Hands its file over for each byte on standard input, and prints the microseconds that it took.
import os
import sys
import time

import gi
gi.require_version('Outbox', '0')
from gi.repository import Outbox

client = Outbox.Client.new_sync(None)
while os.read(0, 1):
    begin = time.monotonic_ns()
    fd = os.open(sys.argv[1], os.O_RDONLY | os.O_CLOEXEC)
    client.submit_sync(fd, None, None)
    os.close(fd)
    print((time.monotonic_ns() - begin) // 1000, flush=True)
