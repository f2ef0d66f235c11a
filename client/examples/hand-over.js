#!/usr/bin/gjs -m
// SPDX-FileCopyrightText: The Outbox authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Hands a file over and shows it until it has arrived.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Outbox from 'gi://Outbox?version=0';
import System from 'system';

Gio._promisify(Outbox.Client.prototype, 'submit_file_async', 'submit_file_finish');

const loop = GLib.MainLoop.new(null, false);
const client = Outbox.Client.new_sync(null);
let uploads; // for as long as it is to follow

function follow(upload) {
  const show = () => {
    print(upload.label);
    if (upload.state === Outbox.State.DONE || upload.needs_user)
      loop.quit();
  };
  upload.connect('notify::label', show);
  show();
}

async function handOver(path) {
  const id = await client.submit_file_async(Gio.File.new_for_commandline_arg(path), null, null);
  // From here on the file is safe on this device.
  uploads = Outbox.List.new(client, null);
  uploads.connect('items-changed', () => {
    const [isThere, position] = uploads.find(id);
    if (isThere)
      follow(uploads.get_item(position));
  });
}

handOver(System.programArgs[0]).catch(error => logError(error));
loop.run();
