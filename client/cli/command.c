/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs commands for uploads. It looks at them before and after, so that it tells what happened and not what was asked for.
 */
#include "command.h"

#include "print.h"

#include "config.h"

#include "dbus/messages.h"

#include <glib/gi18n.h>

/* With more uploads than this, only their number is told. */
#define MOST_TOLD 5

/* The broker takes ten thousand ids in a call. With smaller parts, each part is on the disk before the next is sent. */
#define IDS_A_CALL 1000

static const char *const methods[] = { "Pause", "Resume", "Retry", "SendNow", "SetPriority" };

static const OutboxPlural done_messages[] = {
  NP_ ("Paused %u upload.", "Paused %u uploads."),
  NP_ ("Resumed %u upload.", "Resumed %u uploads."),
  NP_ ("Retrying %u upload now.", "Retrying %u uploads now."),
  NP_ ("Sending %u upload now.", "Sending %u uploads now."),
  NP_ ("Set the priority of %u upload.", "Set the priority of %u uploads."),
};

static const OutboxPlural already_messages[] = {
  NP_ ("%u upload was already paused.", "%u uploads were already paused."),
  NP_ ("%u upload was not paused.", "%u uploads were not paused."),
  NP_ ("%u upload is already on its way.", "%u uploads are already on their way."),
  NP_ ("%u upload is already on its way.", "%u uploads are already on their way."),
};

/* --- Decisions --- */

gboolean
cli_command_is_for (CliCommand command, const CliStanding *standing)
{
  switch (command)
    {
    case CLI_COMMAND_PAUSE:
      return standing->state != OUTBOX_STATE_DONE && standing->state != OUTBOX_STATE_FAILED;
    case CLI_COMMAND_RESUME:
      return standing->state != OUTBOX_STATE_DONE;
    case CLI_COMMAND_RETRY:
    case CLI_COMMAND_SEND_NOW:
      return standing->state != OUTBOX_STATE_DONE && standing->state != OUTBOX_STATE_SAVING;
    case CLI_COMMAND_PRIORITY:
    default:
      return TRUE;
    }
}

CliOutcome
cli_command_judge (CliCommand command, const CliStanding *before, const CliStanding *after)
{
  const gboolean is_changed = before->state != after->state || before->n_reasons != after->n_reasons
                              || before->is_by_user != after->is_by_user || before->n_attempts != after->n_attempts;

  if (command == CLI_COMMAND_PRIORITY)
    return CLI_OUTCOME_DONE;
  if (command == CLI_COMMAND_PAUSE)
    return before->is_by_user ? CLI_OUTCOME_ALREADY : CLI_OUTCOME_DONE;
  /* What is being saved does not tell whether it is paused. */
  if (command == CLI_COMMAND_RESUME && after->state == OUTBOX_STATE_SAVING)
    return CLI_OUTCOME_DONE;
  /* Only Resume ends a pause, and only Retry retries what failed. */
  if (command == CLI_COMMAND_RESUME)
    return before->is_by_user && !after->is_by_user                                       ? CLI_OUTCOME_DONE
           : after->state == OUTBOX_STATE_PAUSED || after->state == OUTBOX_STATE_RETRYING ? CLI_OUTCOME_HELD
           : after->state == OUTBOX_STATE_FAILED                                          ? CLI_OUTCOME_OVER
                                                                                          : CLI_OUTCOME_ALREADY;
  if (is_changed || before->state == OUTBOX_STATE_FAILED || before->state == OUTBOX_STATE_RETRYING)
    return CLI_OUTCOME_DONE;

  return after->state == OUTBOX_STATE_PAUSED ? CLI_OUTCOME_HELD : CLI_OUTCOME_ALREADY;
}

/* --- The uploads --- */

static OutboxUpload *
get_upload (OutboxClient *client, const char *id, GError **error)
{
  g_autoptr (GVariant) results = cli_call (client, "Uploads", "Get", g_variant_new ("(s)", id), error);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;

  return document ? outbox_upload_new_for_document (document) : NULL;
}

static CliStanding
read_standing (OutboxUpload *upload)
{
  g_autofree const char **reasons = NULL;
  CliStanding standing = { .state = outbox_upload_get_state (upload) };

  (void) g_variant_lookup (outbox_upload_get_document (upload), "attempts", "u", &standing.n_attempts);
  if (g_variant_lookup (outbox_upload_get_document (upload), "reasons", "^a&s", &reasons))
    {
      standing.n_reasons = g_strv_length ((GStrv) reasons);
      standing.is_by_user = g_strv_contains (reasons, outbox_reason_get_info (OUTBOX_REASON_USER)->name);
    }

  return standing;
}

/* --- Words --- */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void
tell_count (const OutboxPlural *message, guint n)
{
  if (n > 0)
    {
      g_print (ngettext (message->one, message->many, n), n);
      g_print ("\n");
    }
}

#pragma GCC diagnostic pop

/* Tells what can be done with an upload that has arrived or failed. */
static void
tell_over (OutboxUpload *upload)
{
  const char *id = cli_text_short_id (outbox_upload_get_id (upload));
  g_autofree char *name = cli_text_dup_safe (outbox_upload_get_name (upload));

  switch (outbox_upload_get_state (upload))
    {
    case OUTBOX_STATE_DONE:
      g_printerr (_ ("%s has already arrived: \"outbox remove %s\" takes it off the list.\n"), name, id);
      break;
    case OUTBOX_STATE_SAVING:
      if (outbox_upload_get_needs_user (upload))
        g_printerr (_ ("%s is not finished, and its app has stopped: \"outbox commit %s\" sends it as it is, \"outbox "
                       "remove %s\" discards it.\n"),
                    name, id, id);
      else
        g_printerr (_ ("%s is still being saved on this device.\n"), name);
      break;
    default:
      g_printerr (_ ("%s has failed: \"outbox retry %s\" tries it again, \"outbox show %s\" shows why.\n"), name, id,
                  id);
      break;
    }
}

/* Prints each hold once, however many uploads it covers. */
static void
print_new_holds (GVariant *holds, GHashTable *seen)
{
  for (gsize i = 0; holds && i < g_variant_n_children (holds); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (holds, i);
      char *key = g_strjoin ("\n", cli_get_string (hold, "scope"), cli_get_string (hold, "key"),
                             cli_get_string (hold, "reason"), NULL);

      if (g_hash_table_add (seen, key))
        cli_print_hold (hold);
    }
}

/* Returns: (transfer full) (nullable): the holds of an upload */
static GVariant *
explain (OutboxClient *client, OutboxUpload *upload)
{
  g_autoptr (GVariant) results
      = cli_call (client, "Policy", "Explain", g_variant_new ("(s)", outbox_upload_get_id (upload)), NULL);
  g_autoptr (GVariant) explanation = results ? g_variant_get_child_value (results, 0) : NULL;

  return explanation ? g_variant_lookup_value (explanation, "holds", G_VARIANT_TYPE ("aa{sv}")) : NULL;
}

static void
tell_held (OutboxClient *client, OutboxUpload *upload, GHashTable *seen)
{
  g_autofree char *name = cli_text_dup_safe (outbox_upload_get_name (upload));
  g_autofree char *label = outbox_upload_dup_label (upload);
  g_autoptr (GVariant) holds = explain (client, upload);

  g_print ("%s %s: %s\n", cli_text_short_id (outbox_upload_get_id (upload)), name, label);
  print_new_holds (holds, seen);
}

gboolean
cli_command_print_holds (OutboxClient *client)
{
  g_autoptr (GVariant) results = cli_call (client, "Queue", "Holds", NULL, NULL);
  g_autoptr (GVariant) holds = results ? g_variant_get_child_value (results, 0) : NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  print_new_holds (holds, seen);

  return holds && g_variant_n_children (holds) > 0;
}

/* Returns: (transfer full): how the upload stands, as a key: others with the same key are held by the same */
static char *
dup_stand (OutboxUpload *upload)
{
  GVariant *document = outbox_upload_get_document (upload);
  g_autofree const char **reasons = NULL;
  g_autofree char *all = NULL;

  if (g_variant_lookup (document, "reasons", "^a&s", &reasons))
    all = g_strjoinv (" ", (char **) reasons);

  return g_strjoin ("\n", cli_get_string (document, "destination"), cli_get_string (document, "rule"), all, NULL);
}

gboolean
cli_command_print_group_holds (OutboxClient *client, GVariant *group)
{
  GVariant *filter
      = g_variant_new_parsed ("{'group': <%s>, 'group_app': <%s>, 'state': <%s>}", cli_get_string (group, "key"),
                              cli_get_string (group, "app"), outbox_state_get_info (OUTBOX_STATE_PAUSED)->name);
  g_autoptr (GPtrArray) uploads = cli_list_uploads (client, filter, NULL);
  g_autoptr (GHashTable) stands = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; uploads && i < uploads->len; i++)
    if (g_hash_table_add (stands, dup_stand (uploads->pdata[i])))
      {
        g_autoptr (GVariant) holds = explain (client, uploads->pdata[i]);

        print_new_holds (holds, seen);
      }

  return g_hash_table_size (seen) > 0;
}

/* --- A command --- */

typedef struct
{
  OutboxClient *client; /* borrowed */
  CliCommand command;
  GPtrArray *before; /* of OutboxUpload: those that the command is for */
  guint n_outcomes[CLI_N_OUTCOMES];
  guint n_told;
} Run;

static void
run_clear (Run *run)
{
  g_ptr_array_unref (run->before);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* The broker refuses a command as a whole if it is not for one of its uploads. So leave such uploads out, and say so. */
static gboolean
choose (Run *run, char *const *ids, GError **error)
{
  for (; *ids; ids++)
    {
      g_autoptr (OutboxUpload) upload = get_upload (run->client, *ids, error);
      CliStanding standing;

      if (!upload)
        return FALSE;
      standing = read_standing (upload);
      if (cli_command_is_for (run->command, &standing))
        g_ptr_array_add (run->before, g_steal_pointer (&upload));
      else if (run->n_outcomes[CLI_OUTCOME_OVER]++ < MOST_TOLD)
        tell_over (upload);
    }

  return TRUE;
}

guint
cli_command_call (OutboxClient *client, const char *method, const char *const *ids, guint n_ids, const int *value,
                  GError **error)
{
  guint n_done = 0;

  while (n_done < n_ids)
    {
      const guint n = MIN (n_ids - n_done, IDS_A_CALL);
      GVariant *array = g_variant_new_strv (ids + n_done, (gssize) n);
      g_autoptr (GVariant) results
          = cli_call (client, "Uploads", method,
                      value ? g_variant_new ("(@asi)", array, *value) : g_variant_new ("(@as)", array), error);

      if (!results)
        break;
      n_done += n;
    }

  return n_done;
}

/* If a part is refused, do not tell it as done; the parts before it are done. */
static void
call (Run *run, int value, GError **error)
{
  g_autofree const char **ids = g_new0 (const char *, run->before->len + 1);
  guint n_done;

  for (guint i = 0; i < run->before->len; i++)
    ids[i] = outbox_upload_get_id (run->before->pdata[i]);
  n_done = cli_command_call (run->client, methods[run->command], ids, run->before->len,
                             run->command == CLI_COMMAND_PRIORITY ? &value : NULL, error);
  g_ptr_array_set_size (run->before, (gint) n_done);
}

/* Tells what is in the way and the command that helps, even if this command has removed another obstacle. */
static void
judge_one (Run *run, OutboxUpload *before, GHashTable *seen)
{
  const CliStanding was = read_standing (before);
  g_autoptr (OutboxUpload) after = get_upload (run->client, outbox_upload_get_id (before), NULL);
  const CliStanding is = after ? read_standing (after) : was;
  const CliOutcome outcome = cli_command_judge (run->command, &was, &is);
  const gboolean is_held = after && is.state == OUTBOX_STATE_PAUSED
                           && (run->command == CLI_COMMAND_RESUME || run->command == CLI_COMMAND_RETRY
                               || run->command == CLI_COMMAND_SEND_NOW);

  run->n_outcomes[outcome]++;
  if ((is_held || outcome == CLI_OUTCOME_HELD) && run->n_told++ < MOST_TOLD)
    tell_held (run->client, after, seen);
  else if (outcome == CLI_OUTCOME_OVER && run->n_told++ < MOST_TOLD)
    tell_over (after);
}

int
cli_command_apply (OutboxClient *client, CliCommand command, char *const *ids, int value)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  g_auto (Run) run
      = { .client = client, .command = command, .before = g_ptr_array_new_with_free_func (g_object_unref) };

  if (!choose (&run, ids, &error))
    return cli_fail (error);
  call (&run, value, &error);
  if (error && run.before->len == 0)
    return cli_fail (error);
  for (guint i = 0; i < run.before->len; i++)
    if (command == CLI_COMMAND_PRIORITY)
      run.n_outcomes[CLI_OUTCOME_DONE]++;
    else
      judge_one (&run, run.before->pdata[i], seen);
  tell_count (&done_messages[command], run.n_outcomes[CLI_OUTCOME_DONE]);
  if (command < G_N_ELEMENTS (already_messages))
    tell_count (&already_messages[command], run.n_outcomes[CLI_OUTCOME_ALREADY]);
  if (run.n_outcomes[CLI_OUTCOME_HELD] > 0)
    g_printerr (ngettext ("Nothing was changed for %u upload.\n", "Nothing was changed for %u uploads.\n",
                          run.n_outcomes[CLI_OUTCOME_HELD]),
                run.n_outcomes[CLI_OUTCOME_HELD]);
  if (error)
    return cli_fail (error);

  return run.n_outcomes[CLI_OUTCOME_DONE] + run.n_outcomes[CLI_OUTCOME_ALREADY] > 0 ? CLI_DONE : CLI_FAILED;
}

int
cli_command_run (CliCommand command, char *const *operands, int value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_auto (GStrv) ids = client ? cli_resolve (client, operands, &error) : NULL;

  return ids ? cli_command_apply (client, command, ids, value) : cli_fail (error);
}

/* --- The whole queue --- */

static gboolean
is_queue_held (OutboxClient *client)
{
  g_autoptr (GVariant) results = cli_call (client, "Queue", "Holds", NULL, NULL);
  g_autoptr (GVariant) holds = results ? g_variant_get_child_value (results, 0) : NULL;
  gboolean is_held = FALSE;

  for (gsize i = 0; holds && i < g_variant_n_children (holds); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (holds, i);

      is_held |= g_str_equal (cli_get_string (hold, "scope"), "queue");
    }

  return is_held;
}

static int
run_queue (CliCommand command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  const gboolean was_held = client && is_queue_held (client);
  g_autoptr (GVariant) results = client ? cli_call (client, "Queue", methods[command], NULL, &error) : NULL;

  if (!results)
    return cli_fail (error);
  if (command == CLI_COMMAND_PAUSE)
    {
      g_print ("%s\n", _ ("The whole queue is paused: \"outbox resume\" resumes it."));
      return CLI_DONE;
    }
  g_print ("%s\n", was_held ? _ ("The queue has been resumed.") : _ ("The queue was not paused."));

  return cli_command_print_holds (client) && !was_held ? CLI_FAILED : CLI_DONE;
}

int
cli_command_or_queue (CliCommand command, int argc, char *argv[])
{
  const GOptionEntry entries[] = { { NULL } };

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;

  return argc > 1 ? cli_command_run (command, argv + 1, 0) : run_queue (command);
}
