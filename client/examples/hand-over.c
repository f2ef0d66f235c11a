/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hands a file over and shows it until it has arrived.
 * cc -o hand-over hand-over.c $(pkg-config --cflags --libs outbox)
 */
#include <outbox.h>

static void
on_label (OutboxUpload *upload, GParamSpec *spec, GMainLoop *loop)
{
  g_autofree char *label = outbox_upload_dup_label (upload);

  g_print ("%s\n", label);
  if (outbox_upload_get_state (upload) == OUTBOX_STATE_DONE || outbox_upload_get_needs_user (upload))
    g_main_loop_quit (loop);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = outbox_client_new_sync (NULL, &error);
  g_autoptr (OutboxList) list = client ? outbox_list_new (client, NULL) : NULL;
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (argv[1]);
  g_autofree char *id = client ? outbox_client_submit_file_sync (client, file, NULL, NULL, &error) : NULL;
  g_autoptr (OutboxUpload) upload = NULL;
  guint position;

  if (!id)
    g_error ("%s", error->message); /* from here on the file is safe on this device */
  while (!outbox_list_find (list, id, &position))
    g_main_context_iteration (NULL, TRUE);
  upload = g_list_model_get_item (G_LIST_MODEL (list), position);
  g_signal_connect (upload, "notify::label", G_CALLBACK (on_label), loop);
  if (outbox_upload_get_state (upload) != OUTBOX_STATE_DONE)
    g_main_loop_run (loop);
}
