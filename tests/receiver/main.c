/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox-receiver: options, signals, exit codes. Main thread.
 */
#include "receiver.h"

#include <glib-unix.h>
#include <locale.h>

static void
options_clear (ReceiverOptions *options)
{
  g_free (options->folder);
  g_free (options->ledger_path);
  g_free (options->certificate_path);
  g_free (options->key_path);
  g_strfreev (options->orders);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ReceiverOptions, options_clear)

static gboolean
on_stop (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
parse_options (int *argc, char ***argv, ReceiverOptions *options, GError **error)
{
  gboolean discard = FALSE;
  int port = 0;
  const GOptionEntry entries[] = {
    { "port", 0, 0, G_OPTION_ARG_INT, &port, "Listen on this port; 0, the default, takes any", "N" },
    { "folder", 0, 0, G_OPTION_ARG_FILENAME, &options->folder, "Keep uploads in this folder", "DIR" },
    { "discard", 0, 0, G_OPTION_ARG_NONE, &discard, "Keep no bytes, only digests, in memory", NULL },
    { "no-digest", 0, 0, G_OPTION_ARG_NONE, &options->no_digest, "Compute no SHA-256", NULL },
    { "ledger", 0, 0, G_OPTION_ARG_FILENAME, &options->ledger_path, "Append what happens, one JSON object a line",
      "FILE" },
    { "tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &options->certificate_path, "Serve HTTPS", "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options->key_path, "The certificate's private key", "FILE" },
    { "expires", 0, 0, G_OPTION_ARG_INT, &options->expires_s, "Unfinished uploads expire after this time", "SECONDS" },
    { "any-address", 0, 0, G_OPTION_ARG_NONE, &options->any_address, "Listen on every address, not only loopback",
      NULL },
    { "order", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->orders, "As POST /control, before it listens; may be repeated",
      "JSON" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "A small tus server for tests and demonstrations of Outbox, with faults to "
                                         "order.\nIt is NOT for production: it trusts everybody and flushes nothing "
                                         "to the disk.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (port < 0 || port > 65535 || (options->folder != NULL) == discard
      || (options->certificate_path != NULL) != (options->key_path != NULL))
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "either --folder or --discard, a port up to 65535, and a certificate with its key");
      return FALSE;
    }
  options->port = (guint) port;
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_auto (ReceiverOptions) options = { 0 };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (Receiver) receiver = NULL;
  g_autofree char *url = NULL;

  setlocale (LC_ALL, "");
  if (!parse_options (&argc, &argv, &options, &error))
    {
      g_printerr ("outbox-receiver: %s\n", error->message);
      return 2;
    }
  receiver = receiver_new (&options, &error);
  if (receiver == NULL)
    {
      g_printerr ("outbox-receiver: %s\n", error->message);
      return 1;
    }
  url = receiver_dup_url (receiver);
  g_print ("listening on %s\n", url);
  g_unix_signal_add (SIGINT, on_stop, loop);
  g_unix_signal_add (SIGTERM, on_stop, loop);
  g_main_loop_run (loop);
  return 0;
}
