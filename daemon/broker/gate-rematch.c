/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * After new rules, matches the uploads with them in the background, some at a time. Until that is done, an upload whose
 * rule is gone does not start. Main thread.
 */
#include "broker/gate-private.h"

#include "store/meta.h"
#include "store/statement.h"
#include "store/uploads.h"

/* To match so many takes some milliseconds. */
#define MATCH_AT_ONCE 200

static void
add_strings (GChecksum *checksum, char **strings)
{
  for (guint i = 0; strings && strings[i]; i++)
    g_checksum_update (checksum, (const guchar *) strings[i], (gssize) strlen (strings[i]) + 1);
  g_checksum_update (checksum, (const guchar *) (strings ? "|" : "*"), 1);
}

/* Returns: (transfer full): a digest of what decides which uploads a rule has */
static char *
dup_fingerprint (const ObRules *rules)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; i < rules->rules->len; i++)
    {
      const ObRule *rule = rules->rules->pdata[i];
      g_autofree char *limits = g_strdup_printf ("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %d", rule->name,
                                                 rule->min_size_bytes, rule->max_size_bytes, rule->form);

      g_checksum_update (checksum, (const guchar *) limits, -1);
      add_strings (checksum, rule->media_types);
      add_strings (checksum, rule->apps);
      add_strings (checksum, rule->destinations);
      add_strings (checksum, rule->groups);
    }

  return g_strdup (g_checksum_get_string (checksum));
}

/* An upload that was sent now on a network stays so under the same rule. */
static gboolean
match_one (ObGate *self, ObUpload *upload, GError **error)
{
  const ObRule *rule = ob_gate_find_rule_for (self, upload);

  return g_str_equal (rule->name, upload->rule) || ob_gate_move (self, upload, rule->name, "", "rule", error);
}

static gboolean
match_some (gpointer user_data, GError **error)
{
  ObGate *self = user_data;
  const ObUploadsFilter filter = { .is_unfinished = TRUE };
  gint64 after = self->matched_number;
  g_autoptr (GPtrArray) uploads = NULL;

  /* From here on some uploads have new rules and some old ones: the database must not claim either. */
  if (after == 0 && !ob_meta_set_text (self->database, "rules", NULL, error))
    return FALSE;
  uploads = ob_uploads_list (self->database, &filter, &after, MATCH_AT_ONCE, error);
  for (guint i = 0; uploads && i < uploads->len; i++)
    if (!match_one (self, uploads->pdata[i], error))
      return FALSE;
  if (!uploads)
    return FALSE;
  self->matched_number = after;
  if (after == 0)
    {
      g_autofree char *fingerprint = dup_fingerprint (self->rules);

      return ob_meta_set_text (self->database, "rules", fingerprint, error);
    }

  return TRUE;
}

static gboolean
on_match (gpointer data)
{
  ObGate *self = data;
  gboolean is_good = ob_queue_do (self->queue, OB_TURN_SOON, match_some, self, NULL);

  ob_queue_want_flush (self->queue);
  if (is_good && self->matched_number > 0)
    return G_SOURCE_CONTINUE;
  /* If it fails, the rest is matched when the database works again. */
  self->match_source = 0;

  return G_SOURCE_REMOVE;
}

/* Returns: whether an upload has a rule that there is not, as in a row with another letter in its name than was written. It would
 * not start before the rules change. */
static gboolean
has_lost_rule (ObGate *self)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (self->database, "SELECT DISTINCT rule FROM counters WHERE uploads > 0 AND state <> 5", NULL);

  while (statement && ob_statement_step (statement) == SQLITE_ROW)
    {
      const char *name = ob_statement_get_text (statement, 0);

      if (name && !ob_rules_find (self->rules, name))
        return TRUE;
    }

  return FALSE;
}

void
ob_gate_match_all (ObGate *self)
{
  g_autofree char *fingerprint = dup_fingerprint (self->rules);
  g_autofree char *matched = ob_meta_dup_text (self->database, "rules");

  g_clear_handle_id (&self->match_source, g_source_remove);
  if (g_strcmp0 (fingerprint, matched) == 0 && !has_lost_rule (self))
    return;
  self->matched_number = 0;
  self->match_source = g_idle_add_full (G_PRIORITY_LOW, on_match, self, NULL);
}
