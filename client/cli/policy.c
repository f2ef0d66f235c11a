/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox policy
 */
#include "explain.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <unistd.h>

typedef struct
{
  gboolean is_json;
} Options;

/* Returns: (nullable): the answer of Policy.Get */
static GVariant *
ask (OutboxClient *client, GError **error)
{
  g_autoptr (GVariant) results = client ? cli_call (client, "Policy", "Get", NULL, error) : NULL;

  return results ? g_variant_get_child_value (results, 0) : NULL;
}

/* --- show: the rules in force, as a key file would say them --- */

static void
print_line (const char *key, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, "\\", -1);
  g_autofree char *escaped = g_strjoinv ("\\\\", parts);
  g_autofree char *safe = cli_text_dup_safe (escaped);

  g_print ("%s=%s\n", key, safe);
}

static char *
dup_size (guint64 size_bytes)
{
  static const char units[] = "KMGT";
  guint unit = 0;

  while (size_bytes > 0 && size_bytes % 1000 == 0 && unit < strlen (units))
    {
      size_bytes /= 1000;
      unit++;
    }

  return unit > 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT "%c", size_bytes, units[unit - 1])
                  : g_strdup_printf ("%" G_GUINT64_FORMAT, size_bytes);
}

/* Returns: whether the value is what a key of that type has if nobody set it. */
static gboolean
is_unset (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_str_equal (g_variant_get_string (value, NULL), "allow");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    return g_variant_n_children (value) == 0;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return g_variant_get_uint64 (value) == 0;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    return g_variant_get_uint32 (value) == 0;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    return g_variant_get_int32 (value) == 0;

  return FALSE;
}

static char *
dup_value (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      g_autofree const char **list = g_variant_get_strv (value, NULL);

      return g_strjoinv (";", (char **) list);
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return dup_size (g_variant_get_uint64 (value));

  return g_variant_print (value, FALSE);
}

void
cli_print_rule (GVariant *rule)
{
  static const char *const keys[]
      = { "match_type", "match_app",   "match_destination", "match_group", "match_form", "min_size",    "max_size",
          "networks",   "connections", "metered",           "roaming",     "battery",    "power_saver", "hours",
          "rate",       "priority" };
  const char *file = cli_get_string (rule, "file");
  g_autofree char *origin = cli_text_dup_safe (*file ? file : _ ("built in"));

  g_print ("%s# %s%s\n%s[Rule %s]%s\n", cli_style_begin (CLI_STYLE_DIM), origin, cli_style_end (CLI_STYLE_DIM),
           cli_style_begin (CLI_STYLE_BOLD), cli_get_string (rule, "name"), cli_style_end (CLI_STYLE_BOLD));
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (rule, keys[i], NULL);
      g_autofree char *key = g_strdelimit (g_strdup (keys[i]), "_", '-');
      g_autofree char *text = value && !is_unset (value) ? dup_value (value) : NULL;

      if (text)
        print_line (key, text);
    }
}

static void
print_problem (GVariant *policy)
{
  g_autofree char *problem = cli_text_dup_message (cli_get_string (policy, "problem"));

  if (*problem)
    g_printerr (_ ("outbox: what the files say now does not apply: %s\n"), problem);
}

static void
print_quota (GVariant *policy)
{
  g_autoptr (GVariant) quota = g_variant_lookup_value (policy, "quota", G_VARIANT_TYPE_VARDICT);
  g_auto (GStrv) lines = quota ? cli_quota_list (quota) : NULL;

  if (!lines || !*lines)
    return;
  g_print ("\n%s[Apps]%s\n", cli_style_begin (CLI_STYLE_BOLD), cli_style_end (CLI_STYLE_BOLD));
  for (guint i = 0; lines[i]; i++)
    g_print ("%s\n", lines[i]);
}

static char *
dup_bound (GVariant *storage, const char *key)
{
  guint64 bound;

  return g_variant_lookup (storage, key, "t", &bound) ? g_strdup_printf ("%" G_GUINT64_FORMAT, bound)
                                                      : g_strdup ("all");
}

static void
print_storage (GVariant *policy)
{
  g_autoptr (GVariant) storage = g_variant_lookup_value (policy, "storage", G_VARIANT_TYPE_VARDICT);
  gboolean is_wiped = FALSE;
  guint64 days = 0, free_bytes = 0, journal_bytes = 0;
  const gboolean has_days = storage && g_variant_lookup (storage, "keep_days", "t", &days);
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, days);
  g_autofree char *size = NULL, *journal_size = NULL, *list_days = NULL, *list_most = NULL;

  if (!storage)
    return;
  (void) g_variant_lookup (storage, "wiped", "b", &is_wiped);
  (void) g_variant_lookup (storage, "keep_free", "t", &free_bytes);
  (void) g_variant_lookup (storage, "journal_max", "t", &journal_bytes);
  size = dup_size (free_bytes);
  journal_size = dup_size (journal_bytes);
  list_days = dup_bound (storage, "list_days");
  list_most = dup_bound (storage, "list_most");
  g_print ("\n%s[Storage]%s\n", cli_style_begin (CLI_STYLE_BOLD), cli_style_end (CLI_STYLE_BOLD));
  if (!has_days || days > 0)
    {
      print_line ("keep-copies", has_days ? number : "room");
      print_line ("keep-free", size);
    }
  print_line ("keep-list", list_days);
  print_line ("max-list", list_most);
  print_line ("journal-max", journal_size);
  if (is_wiped)
    print_line ("wiped", "true");
}

static void
print_reminders (GVariant *policy)
{
  g_autoptr (GVariant) reminders = g_variant_lookup_value (policy, "reminders", G_VARIANT_TYPE_VARDICT);
  gboolean taps = TRUE, pages = TRUE, arrived = TRUE, groups = TRUE;
  guint64 hours = 0;
  g_autofree char *after = NULL;

  if (!reminders)
    return;
  (void) g_variant_lookup (reminders, "after_hours", "t", &hours);
  (void) g_variant_lookup (reminders, "taps", "b", &taps);
  (void) g_variant_lookup (reminders, "pages", "b", &pages);
  (void) g_variant_lookup (reminders, "arrived", "b", &arrived);
  (void) g_variant_lookup (reminders, "groups", "b", &groups);
  after = g_strdup_printf ("%" G_GUINT64_FORMAT, hours);
  g_print ("\n%s[Reminders]%s\n", cli_style_begin (CLI_STYLE_BOLD), cli_style_end (CLI_STYLE_BOLD));
  print_line ("after", after);
  print_line ("taps", taps ? "true" : "false");
  print_line ("pages", pages ? "true" : "false");
  print_line ("arrived", arrived ? "true" : "false");
  print_line ("groups", groups ? "true" : "false");
}

static void
print_policy (GVariant *policy)
{
  g_autoptr (GVariant) rules = g_variant_lookup_value (policy, "rules", G_VARIANT_TYPE ("aa{sv}"));
  guint64 budget_bytes = 0;

  g_print ("# %s\n", _ ("If several rules match an upload, the last one applies."));
  if (g_variant_lookup (policy, "budget", "t", &budget_bytes) && budget_bytes > 0)
    {
      g_autofree char *budget = dup_size (budget_bytes);

      g_print ("\n%s[Policy]%s\n", cli_style_begin (CLI_STYLE_BOLD), cli_style_end (CLI_STYLE_BOLD));
      print_line ("monthly-budget", budget);
    }
  print_quota (policy);
  print_storage (policy);
  print_reminders (policy);
  for (gsize i = 0; rules && i < g_variant_n_children (rules); i++)
    {
      g_autoptr (GVariant) rule = g_variant_get_child_value (rules, i);

      g_print ("\n");
      cli_print_rule (rule);
    }
}

static int
show (OutboxClient *client, const char *operand, const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) policy = ask (client, &error);

  if (!policy)
    return cli_fail (error);
  if (options->is_json)
    cli_print_json (policy, TRUE);
  else
    print_policy (policy);
  print_problem (policy);

  return CLI_DONE;
}

/* --- check --- */

/* Has the broker check or set a text. @name: how the message calls it */
static gboolean
hand_over (OutboxClient *client, const char *method, const char *text, const char *name, GError **error)
{
  g_autoptr (GVariant) policy = ask (client, error);
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GError) refusal = NULL;
  const char *own_file;

  if (!policy)
    return FALSE;
  results = cli_call (client, "Policy", method, g_variant_new ("(s)", text), &refusal);
  if (results)
    return TRUE;
  own_file = cli_get_string (policy, "own_file");
  if (*own_file && g_str_has_prefix (refusal->message, own_file) && refusal->message[strlen (own_file)] == ':')
    g_set_error (error, refusal->domain, refusal->code, "%s%s", name, refusal->message + strlen (own_file));
  else
    g_propagate_error (error, g_steal_pointer (&refusal));

  return FALSE;
}

/* A message of the broker's may not be one line of clean text. */
static int
fail (const GError *error)
{
  g_autofree char *safe = cli_text_dup_safe (error->message);
  g_autoptr (GError) shown = g_error_new_literal (error->domain, error->code, safe);

  return cli_fail (shown);
}

static gboolean
read_text (const char *path, char **text, GError **error)
{
  gsize size_bytes;

  if (!g_file_get_contents (g_str_equal (path, "-") ? "/dev/stdin" : path, text, &size_bytes, error))
    return FALSE;
  if (g_utf8_validate (*text, (gssize) size_bytes, NULL))
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, _ ("%s: not a text in UTF-8"), path);

  return FALSE;
}

static void
print_files (GVariant *files)
{
  for (gsize i = 0; files && i < g_variant_n_children (files); i++)
    {
      g_autoptr (GVariant) file = g_variant_get_child_value (files, i);
      g_autofree char *safe = cli_text_dup_safe (g_variant_get_string (file, NULL));

      g_print ("%s\n", safe);
    }
}

static int
check_files (OutboxClient *client, const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) policy = ask (client, &error);
  g_autoptr (GVariant) files = NULL;
  const char *problem;

  if (!policy)
    return cli_fail (error);
  problem = cli_get_string (policy, "problem");
  files = g_variant_lookup_value (policy, "files", G_VARIANT_TYPE_STRING_ARRAY);
  if (options->is_json)
    cli_print_json (g_variant_new_parsed ("{'files': <%@as>, 'problem': <%s>}", files, problem), TRUE);
  else if (!*problem)
    print_files (files);
  print_problem (policy);

  return *problem ? CLI_FAILED : CLI_DONE;
}

static int
check (OutboxClient *client, const char *operand, const Options *options)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (!operand)
    return check_files (client, options);

  return read_text (operand, &text, &error) && hand_over (client, "Check", text, operand, &error) ? CLI_DONE
                                                                                                  : fail (error);
}

/* --- edit --- */

static const char beginning[]
    = N_ ("# Your own rules: what may be sent, where and when. They apply after all others.\n# \"man outbox.conf\" "
          "describes the keys, \"outbox policy show\" shows what is in force.\n");

static gboolean
run_editor (const char *path, GError **error)
{
  const char *editor = g_getenv ("VISUAL");
  g_autofree char *command = NULL;
  const char *argv[] = { "sh", "-c", NULL, "sh", path, NULL };
  int status;

  if (!editor || !*editor)
    editor = g_getenv ("EDITOR");
  if (!editor || !*editor)
    editor = "vi";
  command = g_strconcat (editor, " \"$1\"", NULL);
  argv[2] = command;

  return g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL,
                       NULL, &status, error)
         && g_spawn_check_wait_status (status, error);
}

static gboolean
wants_again (void)
{
  char answer[16];

  if (!isatty (STDIN_FILENO))
    return FALSE;
  g_print (_ ("Edit it again? [Y/n] "));
  if (!fgets (answer, sizeof answer, stdin))
    return FALSE;

  return g_ascii_strncasecmp (answer, "n", 1) != 0;
}

/* Edits until the broker takes the text or the person gives up. Returns: an exit code */
static int
edit_draft (OutboxClient *client, const char *draft, const char *old_text)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;

      if (run_editor (draft, &error) && read_text (draft, &text, &error)
          && (g_str_equal (text, old_text) || hand_over (client, "Set", text, draft, &error)))
        {
          (void) g_unlink (draft);
          return CLI_DONE;
        }
      (void) fail (error);
      if (wants_again ())
        continue;
      g_printerr (_ ("Nothing was changed. Your text is in %s\n"), draft);
      return CLI_FAILED;
    }
}

static int
edit (OutboxClient *client, const char *operand, const Options *options)
{
  g_autofree char *draft = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) policy = ask (client, &error);
  int fd;

  if (!policy)
    return cli_fail (error);
  if (!g_file_get_contents (cli_get_string (policy, "own_file"), &text, NULL, &error))
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return cli_fail (error);
      g_clear_error (&error);
      text = g_strdup (_ (beginning));
    }
  fd = g_file_open_tmp ("outbox-XXXXXX.conf", &draft, &error);
  if (fd < 0)
    return cli_fail (error);
  (void) close (fd);
  if (!g_file_set_contents (draft, text, -1, &error))
    return cli_fail (error);

  return edit_draft (client, draft, text);
}

static int
explain (OutboxClient *client, const char *operand, const Options *options)
{
  if (!operand)
    return cli_usage ("policy", _ ("explain takes an ID"));

  return cli_explain (client, operand, options->is_json);
}

/* --- Actions --- */

static const struct
{
  const char *name;
  gboolean takes_operand; /* at most one */
  int (*run) (OutboxClient *client, const char *operand, const Options *options);
} actions[] = {
  { "show", FALSE, show },
  { "check", TRUE, check },
  { "edit", FALSE, edit },
  { "explain", TRUE, explain },
};

int
cli_policy (int argc, char *argv[])
{
  Options options = { FALSE };
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.is_json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  g_autoptr (OutboxClient) client = NULL;
  g_autoptr (GError) error = NULL;

  if (!cli_parse (&argc, &argv, entries,
                  _ ("Actions:\n  show           The rules in force, and where each comes from\n  check [FILE]   "
                     "Whether the files are good; or FILE, in place of your own\n  edit           Opens your own rules "
                     "in $VISUAL or $EDITOR; they apply once they are good\n  explain ID     Why an upload waits, and "
                     "what would let it continue"),
                  1, 2))
    return CLI_USAGE;
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    if (g_str_equal (actions[i].name, argv[1]))
      {
        if (argc > 2 && !actions[i].takes_operand)
          return cli_usage ("policy", _ ("too many arguments: %s"), argv[2]);
        client = cli_open (&error);
        return client ? actions[i].run (client, argc > 2 ? argv[2] : NULL, &options) : cli_fail (error);
      }

  return cli_usage ("policy", _ ("there is no action %s"), argv[1]);
}
