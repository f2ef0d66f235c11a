/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "Send with Outbox" of file managers, for a person who has no app for it: outbox-send FILE… asks for what cannot be known in a window,
 * hands the files over as "outbox add" does, and says what came of it. Without a file it asks for files.
 *
 * Windows are those of zenity or kdialog. Without either, files go to the default destination, and what has to be said is in a
 * notification and on standard error.
 */
#include "window.h"

#include "config.h"
#include "dbus/messages.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <stdlib.h>

/* What the command said. */
typedef struct
{
  char *output, *errors; /* owned */
  int exit_code;
} Said;

static void
said_clear (Said *said)
{
  g_free (said->output);
  g_free (said->errors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Said, said_clear)

/* Runs the command of the search path. */
static Said
run_outbox (const char *const *arguments)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  Said said = { NULL, NULL, EXIT_FAILURE };

  g_ptr_array_add (argv, (gpointer) "outbox");
  for (; *arguments; arguments++)
    g_ptr_array_add (argv, (gpointer) *arguments);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_newv ((const char *const *) argv->pdata,
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
  if (process && g_subprocess_communicate_utf8 (process, NULL, NULL, &said.output, &said.errors, &error))
    said.exit_code = g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process) : EXIT_FAILURE;
  if (error)
    said.errors = g_strdup (error->message);

  return said;
}

/* --- Where to --- */

/* Returns: (transfer full) (nullable): the names of all destinations, the default first; NULL: they could not be asked for */
static GStrv
list_destinations (Said *said)
{
  static const char *const arguments[] = { "destination", "list", "--json", NULL };
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  JsonArray *documents;

  *said = run_outbox (arguments);
  if (said->exit_code != EXIT_SUCCESS || !json_parser_load_from_data (parser, said->output, -1, NULL)
      || !JSON_NODE_HOLDS_ARRAY (json_parser_get_root (parser)))
    return NULL;
  documents = json_node_get_array (json_parser_get_root (parser));
  for (guint i = 0; i < json_array_get_length (documents); i++)
    {
      JsonObject *document = json_array_get_object_element (documents, i);
      char *name = g_strdup (json_object_get_string_member (document, "name"));

      g_ptr_array_insert (names, json_object_get_boolean_member (document, "default") ? 0 : -1, name);
    }
  g_ptr_array_add (names, NULL);

  return (GStrv) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

/* Returns: (transfer full) (nullable): the name; NULL: the person wants none, or has been told why there is none */
static char *
choose_destination (int *exit_code)
{
  g_auto (Said) said = { NULL, NULL, EXIT_SUCCESS };
  g_auto (GStrv) names = list_destinations (&said);

  *exit_code = EXIT_FAILURE;
  if (!names)
    window_tell_error (said.errors);
  else if (!names[0])
    {
      static const char *const dashboard[] = { "dashboard", NULL };

      if (window_ask (_ ("There is no server to send to yet."), _ ("Open Outbox")))
        {
          g_auto (Said) opened = run_outbox (dashboard);

          *exit_code = opened.exit_code;
        }
    }
  else if (!names[1])
    return g_strdup (names[0]);
  else
    {
      *exit_code = EXIT_SUCCESS;
      return window_choose (_ ("Send to which destination?"), (const char *const *) names);
    }

  return NULL;
}

/* --- The files --- */

static guint
count_lines (const char *text)
{
  guint n_lines = 0;

  for (const char *c = text; *c; c++)
    n_lines += *c == '\n';

  return n_lines;
}

/* Tells of what is safe by a notification, and of what is not in a window, which stays until it was read. */
static int
hand_over (const char *destination, const char *const *files)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_auto (Said) said = { NULL, NULL, EXIT_FAILURE };
  guint n_safe;

  g_ptr_array_add (arguments, (gpointer) "add");
  g_ptr_array_add (arguments, (gpointer) "--quiet");
  g_ptr_array_add (arguments, (gpointer) "--recursive");
  g_ptr_array_add (arguments, (gpointer) "--destination");
  g_ptr_array_add (arguments, (gpointer) destination);
  g_ptr_array_add (arguments, (gpointer) "--");
  for (; *files; files++)
    g_ptr_array_add (arguments, (gpointer) *files);
  g_ptr_array_add (arguments, NULL);
  said = run_outbox ((const char *const *) arguments->pdata);
  n_safe = said.output ? count_lines (said.output) : 0;
  if (n_safe > 0)
    {
      g_autofree char *words
          = g_strdup_printf (ngettext ("%u file is safe on this device, and will be sent.",
                                       "%u files are safe on this device, and will be sent.", n_safe),
                             n_safe);

      window_notify (words);
    }
  if (said.exit_code != EXIT_SUCCESS)
    window_tell_error (said.errors);

  return said.exit_code;
}

/* Returns: (transfer full): local paths of what file managers name by path or URI. What has none is left as it is, and refused with its
 * name by "outbox add". */
static GStrv
find_paths (char *const *arguments)
{
  GPtrArray *paths = g_ptr_array_new ();

  for (; *arguments; arguments++)
    {
      g_autoptr (GFile) file = g_file_new_for_commandline_arg (*arguments);
      char *path = g_file_get_path (file);

      g_ptr_array_add (paths, path ? path : g_strdup (*arguments));
    }
  g_ptr_array_add (paths, NULL);

  return (GStrv) g_ptr_array_free (paths, FALSE);
}

int
main (int argc, char *argv[])
{
  g_auto (GStrv) arguments = NULL;
  g_auto (GStrv) paths = NULL;
  g_autofree char *destination = NULL;
  const GOptionEntry entries[]
      = { { "destination", 'd', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &destination, N_ ("Where to send them"),
            N_ ("NAME") },
          { G_OPTION_REMAINING, 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME_ARRAY, &arguments, NULL, N_ ("[FILE…]") },
          { NULL } };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  int exit_code = EXIT_SUCCESS;

  setlocale (LC_ALL, "");
  outbox_messages_bind ();
  textdomain (GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("outbox-send: %s\n", error->message);
      return 2;
    }
  paths = arguments ? find_paths (arguments) : window_choose_files (_ ("Send with Outbox"));
  if (!paths || !paths[0])
    return EXIT_SUCCESS;
  if (!destination)
    destination = choose_destination (&exit_code);

  return destination ? hand_over (destination, (const char *const *) paths) : exit_code;
}
