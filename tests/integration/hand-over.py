# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An app in another language: hands the file of its argument over through liboutbox's introspection data, follows it
# until it has arrived, and prints what it saw.
import sys

import gi
gi.require_version('Outbox', '0')
from gi.repository import GLib, Outbox

loop = GLib.MainLoop()


def wait_for(start):
    answer = []

    def on_result(source, result):
        answer.append(result)
        loop.quit()

    start(on_result)
    while not answer:
        loop.run()
    return answer[0]


client = Outbox.Client.new_finish(wait_for(lambda done: Outbox.Client.new_async(None, done)))
labels = []


def on_changed(_, upload):
    labels.append(upload.dup_label())
    if upload.get_state() == Outbox.State.DONE:
        loop.quit()


client.connect('changed', on_changed)
client.watch_finish(wait_for(lambda done: client.watch_async(None, None, done)))
with open(sys.argv[1], 'rb') as file:
    options = GLib.Variant('a{sv}', {'name': GLib.Variant('s', 'from another language.jpg')})
    id = client.submit_finish(wait_for(lambda done: client.submit_async(file.fileno(), options, None, done)))
while not any(label.startswith('Uploaded') and 'waiting' not in label for label in labels):
    loop.run()
uploads = client.list_finish(wait_for(lambda done: client.list_async(None, None, done)))
print([upload.get_name() for upload in uploads if upload.get_id() == id], labels[-1])
# By the name of this script, not by that of what interprets it.
print([upload.get_document()['app'] for upload in uploads if upload.get_id() == id])
print([upload.dup_label_at(Outbox.LabelLength.NOTIFICATION) for upload in uploads if upload.get_id() == id])
try:
    client.get_finish(wait_for(lambda done: client.get_async('nothing', None, done)))
except GLib.Error as error:
    print(error.matches(Outbox.error_quark(), Outbox.Error.NOT_FOUND))
