/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hands a file over and shows it until it has arrived.
 * valac --pkg outbox hand-over.vala
 */
async void hand_over (Outbox.Client client, string path, MainLoop loop) throws Error {
  var id = yield client.submit_file_async (File.new_for_commandline_arg (path), null, null);
  // From here on the file is safe on this device.
  client.changed.connect ((upload) => {
    if (upload.id != id)
      return;
    print ("%s\n", upload.label);
    if (upload.state == Outbox.State.DONE || upload.needs_user)
      loop.quit ();
  });
  yield client.watch_async (null, null);
  if ((yield client.get_async (id, null)).state == Outbox.State.DONE)
    loop.quit ();
}

int main (string[] args) {
  var loop = new MainLoop ();
  try {
    hand_over.begin (new Outbox.Client.sync (null), args[1], loop, (source, result) => {
      try {
        hand_over.end (result);
      } catch (Error error) {
        printerr ("%s\n", error.message);
        loop.quit ();
      }
    });
    loop.run ();
    return 0;
  } catch (Error error) {
    printerr ("%s\n", error.message);
    return 1;
  }
}
