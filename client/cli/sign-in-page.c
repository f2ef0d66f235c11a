/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox destination sign-in, where people sign in at the server's own page: shows the page and the code, and waits.
 */
#include "sign-in.h"

#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

/* The broker asks the server no more often than every few seconds. */
#define LOOK_MS 1000

/* Returns: (transfer full) (nullable): the document of the destination */
static GVariant *
look (OutboxClient *client, const char *name, GError **error)
{
  g_autoptr (GVariant) results = cli_call (client, "Destinations", "Get", g_variant_new ("(s)", name), error);

  return results ? g_variant_get_child_value (results, 0) : NULL;
}

static char *
dup_setting (const char *name, const char *setting)
{
  g_autoptr (OutboxClient) client = cli_open (NULL);
  g_autoptr (GVariant) destination = client ? look (client, name, NULL) : NULL;
  g_autoptr (GVariant) settings
      = destination ? g_variant_lookup_value (destination, "sign_in", G_VARIANT_TYPE ("a{ss}")) : NULL;
  char *value = NULL;

  if (settings)
    (void) g_variant_lookup (settings, setting, "s", &value);

  return value;
}

/* Returns: (transfer full) (nullable): what a person has to see */
static GVariant *
find_page (GVariant *destination)
{
  return g_variant_lookup_value (destination, "signing_in", G_VARIANT_TYPE_VARDICT);
}

/* The code stands alone on its line, with room between its characters: it is read across a room. */
static void
print_page (GVariant *page)
{
  g_autofree char *until = NULL;
  g_autoptr (GString) code = g_string_new (NULL);
  gint64 expires_at_ms = 0;

  for (const char *c = cli_get_string (page, "code"); *c; c++)
    g_string_append_printf (code, "%s%c", code->len > 0 ? " " : "", *c);
  (void) g_variant_lookup (page, "expires_at", "x", &expires_at_ms);
  until = cli_text_dup_time (expires_at_ms);
  if (code->len > 0)
    {
      g_print (_ ("Open this page on any device, and type the code there:\n"));
      g_print ("\n    %s\n\n    %s%s%s\n\n", cli_get_string (page, "url"), cli_style_begin (CLI_STYLE_BOLD), code->str,
               cli_style_end (CLI_STYLE_BOLD));
    }
  else
    {
      g_print (_ ("Open this page in a browser of this device:\n"));
      g_print ("\n    %s\n\n", cli_get_string (page, "url"));
    }
  g_print (_ ("It is open until %s. Outbox waits for it; Ctrl-C stops only this command.\n"), until);
}

typedef struct
{
  OutboxClient *client;
  const char *name;
  GVariant *page; /* as it is now; NULL: it is over */
  GError *error;
  gboolean is_over;
} Wait;

static gboolean
on_look (gpointer user_data)
{
  Wait *wait = user_data;
  g_autoptr (GVariant) destination = look (wait->client, wait->name, &wait->error);

  g_clear_pointer (&wait->page, g_variant_unref);
  wait->page = destination ? find_page (destination) : NULL;
  wait->is_over = !wait->page || !*cli_get_string (wait->page, "url");

  return wait->is_over ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static gboolean
is_over (gpointer user_data)
{
  return ((Wait *) user_data)->is_over;
}

/* Returns: the exit code */
static int
wait_for_end (OutboxClient *client, const char *name)
{
  Wait wait = { client, name, NULL, NULL, FALSE };
  g_autoptr (GVariant) page = NULL;
  g_autoptr (GError) error = NULL;

  if (on_look (&wait) == G_SOURCE_CONTINUE)
    {
      print_page (wait.page);
      (void) g_timeout_add (LOOK_MS, on_look, &wait);
      cli_wait (is_over, &wait);
    }
  page = wait.page;
  error = wait.error;
  if (error)
    return cli_fail (error);
  if (page)
    {
      g_autofree char *message = cli_text_dup_message (cli_get_string (page, "message"));

      g_printerr (_ ("Nobody has signed in: %s\n"), message);
      return CLI_FAILED;
    }
  g_print ("%s\n", _ ("Signed in. What waited for that continues."));

  return CLI_DONE;
}

int
cli_sign_in_page (const char *name, const char *secret)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);

  if (!client || !cli_sign_in_send (client, name, secret, &error))
    return cli_fail (error);

  return wait_for_end (client, name);
}

int
cli_sign_in_by_kind (const char *name, const char *user, const char *header, gboolean has_client_secret)
{
  g_autofree char *kind = header || user ? NULL : dup_setting (name, "kind");
  g_autofree char *flow = NULL;
  gboolean is_client;

  if (g_strcmp0 (kind, "oauth2") != 0)
    return cli_sign_in (name, user, header, FALSE);
  flow = dup_setting (name, "flow");
  is_client = g_strcmp0 (flow, "client-credentials") == 0;

  return is_client || has_client_secret ? cli_sign_in_client (name, !is_client) : cli_sign_in_page (name, "");
}

char *
cli_sign_in_dup_shown (GVariant *destination)
{
  g_autoptr (GVariant) sign_in = g_variant_lookup_value (destination, "sign_in", G_VARIANT_TYPE ("a{ss}"));
  const char *kind = NULL, *headers = NULL;

  if (!sign_in || !g_variant_lookup (sign_in, "kind", "&s", &kind))
    return NULL;

  return g_variant_lookup (sign_in, "headers", "&s", &headers) ? g_strdup_printf ("%s (%s)", kind, headers)
                                                               : g_strdup (kind);
}
