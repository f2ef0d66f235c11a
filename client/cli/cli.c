/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the verbs share. A command is a straight line: it waits for each answer by iterating the main loop.
 */
#include "cli.h"
#include "complete.h"
#include "streams.h"

#include "config.h"

#include <glib/gi18n.h>
#include <stdlib.h>

/* --- Arguments --- */

/* GLib leaves in the "--" before the first operand that begins with a dash. File names may be any bytes; other operands
 * go over the bus, which takes only UTF-8. */
static gboolean
are_operands_good (const char *verb, int *argc, char **argv)
{
  int n_kept = 1;
  gboolean has_separator = FALSE;

  for (int i = 1; i < *argc; i++)
    {
      if (!has_separator && g_str_equal (argv[i], "--"))
        {
          has_separator = TRUE;
          continue;
        }
      if (!g_str_equal (verb, "add") && !g_utf8_validate (argv[i], -1, NULL))
        {
          (void) cli_usage (verb, _ ("this is not UTF-8: %s"), argv[i]);
          return FALSE;
        }
      argv[n_kept++] = argv[i];
    }
  *argc = n_kept;
  argv[n_kept] = NULL;

  return TRUE;
}

gboolean
cli_parse (int *argc, char ***argv, const GOptionEntry *entries, const char *details, int min_operands,
           int max_operands)
{
  const CliVerb *verb = cli_find_verb ((*argv)[0]);
  g_autofree char *program = g_strconcat ("outbox ", verb->name, NULL);
  g_autoptr (GOptionContext) context = g_option_context_new (*verb->arguments ? _ (verb->arguments) : NULL);
  g_autoptr (GError) error = NULL;

  if (*argc > 1 && g_str_equal ((*argv)[1], CLI_COMPLETE))
    {
      cli_complete_verb (verb->name, entries, *argv + 2);
      exit (cli_streams_close (CLI_DONE));
    }
  g_set_prgname (program);
  g_option_context_set_summary (context, _ (verb->summary));
  g_option_context_set_description (context, details);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, &error))
    (void) cli_usage (verb->name, "%s", error->message);
  else if (!are_operands_good (verb->name, argc, *argv))
    ;
  else if (*argc - 1 < min_operands)
    (void) cli_usage (verb->name, _ ("too few arguments"));
  else if (*argc - 1 > max_operands)
    (void) cli_usage (verb->name, _ ("too many arguments: %s"), (*argv)[max_operands + 1]);
  else
    return TRUE;

  return FALSE;
}

int
cli_usage (const char *verb, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("outbox %s: %s\n", verb, message);
  g_printerr (_ ("Try \"outbox %s --help\".\n"), verb);

  return CLI_USAGE;
}

int
cli_fail (const GError *error)
{
  g_printerr ("outbox: %s\n", error->message);

  return g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER) ? CLI_NO_BROKER : CLI_FAILED;
}

/* --- Calls that wait --- */

void
cli_wait (gboolean (*is_true) (gpointer), gpointer user_data)
{
  while (!is_true (user_data))
    (void) g_main_context_iteration (NULL, TRUE);
}

void
cli_on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
has_result (gpointer user_data)
{
  return *(GAsyncResult **) user_data != NULL;
}

void
cli_wait_for_result (GAsyncResult **result)
{
  cli_wait (has_result, result);
}

OutboxClient *
cli_open (GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  outbox_client_new_async (NULL, cli_on_result, &result);
  cli_wait_for_result (&result);

  return outbox_client_new_finish (result, error);
}

GVariant *
cli_call (OutboxClient *client, const char *interface, const char *method, GVariant *parameters, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  outbox_client_call_async (client, interface, method, parameters, NULL, cli_on_result, &result);
  cli_wait_for_result (&result);

  return outbox_client_call_finish (client, result, error);
}

int
cli_call_by_name (const char *interface, const char *method, const char *name, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results
      = client ? cli_call (client, interface, method, g_variant_new ("(s)", name), &error) : NULL;

  if (!results)
    return cli_fail (error);
  g_print ("%s\n", message);

  return CLI_DONE;
}

GPtrArray *
cli_list_uploads (OutboxClient *client, GVariant *filter, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  outbox_client_list_async (client, filter, NULL, cli_on_result, &result);
  cli_wait_for_result (&result);

  return outbox_client_list_finish (client, result, error);
}

GPtrArray *
cli_list_groups (OutboxClient *client, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  outbox_client_list_groups_async (client, NULL, NULL, cli_on_result, &result);
  cli_wait_for_result (&result);

  return outbox_client_list_groups_finish (client, result, error);
}

/* --- Ids --- */

/* Finds the upload of that name. Looks for an id first, which is quick. */
static char *
find_by_name (OutboxClient *client, const char *name, GError **error)
{
  g_autoptr (GPtrArray) uploads = cli_list_uploads (client, NULL, error);
  const char *found = NULL;

  if (!uploads)
    return NULL;
  for (guint i = 0; i < uploads->len; i++)
    {
      if (g_strcmp0 (outbox_upload_get_name (uploads->pdata[i]), name) != 0)
        continue;
      if (found)
        {
          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                       _ ("More than one upload is called %s: give the ID of one"), name);
          return NULL;
        }
      found = outbox_upload_get_id (uploads->pdata[i]);
    }
  if (!found)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, _ ("There is no upload %s"), name);

  return g_strdup (found);
}

static char *
find_id (OutboxClient *client, const char *name, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GVariant) results = cli_call (client, "Uploads", "Get", g_variant_new ("(s)", name), &failure);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;

  if (document)
    return g_strdup (cli_get_string (document, "id"));
  if (g_error_matches (failure, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    return find_by_name (client, name, error);
  g_propagate_error (error, g_steal_pointer (&failure));

  return NULL;
}

GStrv
cli_resolve (OutboxClient *client, char *const *names, GError **error)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

  for (; *names; names++)
    {
      g_autofree char *id = g_uuid_string_is_valid (*names) ? g_strdup (*names) : find_id (client, *names, error);

      if (!id)
        return NULL;
      g_strv_builder_add (ids, id);
    }

  return g_strv_builder_end (ids);
}

const char *
cli_get_string (GVariant *document, const char *key)
{
  const char *value = "";

  (void) g_variant_lookup (document, key, "&s", &value);

  return value;
}

/* --- Times --- */

gint64
cli_read_time (const char *text)
{
  gboolean is_day = strchr (text, '-') != NULL;
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  g_autoptr (GDateTime) now = g_date_time_new_now (zone);
  g_autofree char *today = g_date_time_format (now, "%Y-%m-%d");
  /* GLib's parser needs seconds. */
  g_autofree char *whole
      = g_strdup_printf ("%s%s%s%s", is_day ? "" : today, is_day ? "" : "T", text,
                         strlen (text) <= strlen (is_day ? "2026-01-31T22:00" : "22:00") ? ":00" : "");
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (whole, zone);
  g_autoptr (GDateTime) tomorrow = time && !is_day ? g_date_time_add_days (time, 1) : NULL;

  if (!time)
    return 0;

  return g_date_time_to_unix (tomorrow && g_date_time_compare (time, now) <= 0 ? tomorrow : time) * 1000;
}
