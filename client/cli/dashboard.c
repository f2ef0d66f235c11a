/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox dashboard: opens the page that shows the queue, in the person's browser.
 */
#include "cli.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

static void
on_launched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
is_launched (gpointer user_data)
{
  return *(GAsyncResult **) user_data != NULL;
}

/* Waits until the browser has the address: one that the bus starts would not get it from a program that has ended. */
static gboolean
launch (const char *url, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_app_info_launch_default_for_uri_async (url, NULL, NULL, on_launched, &result);
  cli_wait (is_launched, &result);

  return g_app_info_launch_default_for_uri_finish (result, error);
}

static void
open_or_print (const char *url)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (launch (url, &error))
    {
      g_print ("%s\n", _ ("The dashboard opens in your browser."));
      return;
    }
  words = cli_text_dup_safe (error->message);
  g_printerr (_ ("No browser can be opened from here: %s\n"), words);
  g_printerr ("%s\n", _ ("Open this address on this device within a minute:"));
  g_print ("%s\n", url);
}

int
cli_dashboard (int argc, char *argv[])
{
  gboolean is_print = FALSE;
  const GOptionEntry entries[] = {
    { "print", 'p', 0, G_OPTION_ARG_NONE, &is_print, N_ ("Print the address, and open nothing"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_autoptr (GVariant) results = NULL;
  const char *url;

  if (!cli_parse (&argc, &argv, entries,
                  _ ("The address works for one browser, within a minute. Whoever opens it can do all that you can."),
                  0, 0))
    return CLI_USAGE;
  client = cli_open (&error);
  results = client ? cli_call (client, "Access", "OpenDashboard", NULL, &error) : NULL;
  if (!results)
    return cli_fail (error);
  g_variant_get (results, "(&s)", &url);
  if (is_print)
    g_print ("%s\n", url);
  else
    open_or_print (url);

  return CLI_DONE;
}
