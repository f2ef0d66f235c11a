#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Hands a file over and shows it until it has arrived.
import sys

import gi
gi.require_version('Outbox', '0')
from gi.repository import Gio, GLib, Outbox

loop = GLib.MainLoop()
client = Outbox.Client.new_sync(None)
uploads = Outbox.List.new(client, None)
options = GLib.Variant('a{sv}', {'group': GLib.Variant('s', 'case-7')})
id = client.submit_file_sync(Gio.File.new_for_commandline_arg(sys.argv[1]), options, None)
# From here on the file is safe on this device.


def show(upload, _=None):
    print(upload.props.label)
    if upload.props.state == Outbox.State.DONE or upload.props.needs_user:
        loop.quit()


def look(model, position, removed, added):
    for upload in model[position:position + added]:
        if upload.props.id == id:
            upload.connect('notify::label', show)
            show(upload)


uploads.connect('items-changed', look)
look(uploads, 0, 0, len(uploads))
loop.run()
