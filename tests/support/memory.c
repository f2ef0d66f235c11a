/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By the public documents where they tell; what decides and is not told is asked of the broker's own functions. The second
 * broker has a connection of its own to the same file, which writes nothing. Main thread.
 */
#include "support/memory.h"

#include "ipc/document.h"
#include "store/lanes.h"

static void
add_line (GPtrArray *lines, const char *what, GVariant *document)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (document);
  g_autofree char *text = g_variant_print (owned, FALSE);

  g_ptr_array_add (lines, g_strconcat (what, ": ", text, NULL));
}

static void
add_uploads (ObBroker *broker, GPtrArray *lines)
{
  const ObUploadsFilter filter = { 0 };
  gint64 after = 0;

  do
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) uploads = ob_broker_list_uploads (broker, &filter, &after, 1000, &error);

      g_assert_no_error (error);
      for (guint i = 0; i < uploads->len; i++)
        {
          add_line (lines, "upload", ob_document_upload (broker, uploads->pdata[i]));
          add_line (lines, "explained", ob_document_explanation (broker, uploads->pdata[i], TRUE));
        }
    }
  while (after > 0);
}

static void
add_groups (ObBroker *broker, GPtrArray *lines)
{
  const ObGroupsFilter filter = { .limit = 1000 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) groups = ob_broker_list_groups (broker, &filter, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < groups->len; i++)
    add_line (lines, "group", ob_document_group (&g_array_index (groups, ObGroupStatus, i)));
}

/* What would hold an upload that comes into the lane now; no matter whether there is one. */
static void
add_lanes (ObBroker *broker, const char *destination, GPtrArray *lines)
{
  GPtrArray *rules = ob_broker_get_rules (broker)->rules;

  for (guint i = 0; i < rules->len; i++)
    {
      const ObLane lane = ob_lane_make (destination, ((const ObRule *) rules->pdata[i])->name, "");
      ObHold holds[OB_SHARED_HOLDS_MAX];
      guint n_holds = ob_status_board_get_holds (broker->members->board, &lane, OB_STORED_QUEUED, holds);
      GString *line = g_string_new (NULL);

      g_string_printf (line, "lane: %s/%s", destination, lane.rule);
      for (guint j = 0; j < n_holds; j++)
        g_string_append_printf (line, " %s until %" G_GINT64_FORMAT, outbox_reason_get_info (holds[j].reason)->name,
                                holds[j].until_ms);
      g_ptr_array_add (lines, g_string_free (line, FALSE));
    }
}

static void
add_destinations (ObBroker *broker, GPtrArray *lines)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, ob_broker_get_destinations (broker));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObDestination *destination = value;
      g_autofree char *headers = g_variant_print (destination->headers, FALSE);
      g_autofree char *also = destination->also ? g_strjoinv (" ", destination->also) : NULL;

      add_line (lines, "destination", ob_document_destination (broker, destination));
      g_ptr_array_add (lines, g_strdup_printf ("settings of %s: %s %s %s %s %s %s %d %d", destination->name,
                                               destination->protocol, destination->url, destination->confirm_url,
                                               destination->amend_url, also, headers, destination->is_default,
                                               destination->is_paused));
      g_ptr_array_add (lines,
                       g_strdup_printf ("health of %s: %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %u %s %s",
                                        destination->name, destination->health.reason, destination->health.since_ms,
                                        destination->health.retry_at_ms, destination->health.failures,
                                        destination->health.trouble, destination->health.refused_id));
      add_lanes (broker, destination->name, lines);
    }
}

static void
add_holds (ObBroker *broker, GPtrArray *lines)
{
  g_autoptr (GArray) holds = ob_broker_list_holds (broker, NULL);

  for (guint i = 0; i < holds->len; i++)
    {
      const ObSharedHold *shared = &g_array_index (holds, ObSharedHold, i);

      g_ptr_array_add (lines, g_strdup_printf ("hold: %d %s %s until %" G_GINT64_FORMAT " %u %s", shared->hold.scope,
                                               shared->key, outbox_reason_get_info (shared->hold.reason)->name,
                                               shared->hold.until_ms, shared->hold.flags, shared->trouble));
    }
}

/* Without what a process counts from its own beginning on. */
static void
add_summary (ObBroker *broker, GPtrArray *lines)
{
  g_autoptr (GError) error = NULL;
  GVariant *document = ob_document_summary (broker, &error);
  g_autoptr (GVariant) summary = NULL;
  GVariantBuilder rest;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_assert_no_error (error);
  summary = g_variant_ref_sink (document);
  g_variant_builder_init (&rest, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, summary);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (!g_str_equal (name, "arrived"))
      g_variant_builder_add (&rest, "{sv}", name, value);
  add_line (lines, "summary", g_variant_builder_end (&rest));
}

static gint
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char *
test_memory_dup (ObBroker *broker)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  add_summary (broker, lines);
  add_uploads (broker, lines);
  add_groups (broker, lines);
  add_destinations (broker, lines);
  add_holds (broker, lines);
  g_ptr_array_add (lines, g_strdup_printf ("metered: %" G_GUINT64_FORMAT, ob_broker_get_metered_bytes (broker)));
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);

  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* --- The second broker --- */

static ObBroker *
load_anew (TestRig *rig, ObDatabase *database)
{
  g_autoptr (GPtrArray) watchers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  ObBroker *broker;

  g_ptr_array_add (watchers, g_object_ref (rig->conditions));
  broker = ob_broker_new (database, rig->spool, rig->secrets, rig->tokens, OB_CLOCK (rig->clock), watchers,
                          test_server_get_runner (rig->server), &error);
  g_assert_no_error (error);
  if (rig->rules)
    ob_broker_set_rules (broker, rig->rules);
  /* The disk is a fact of the device, as the network is. */
  ob_storage_set_trouble (broker->members->storage, ob_storage_get_words (rig->broker->members->storage));

  return broker;
}

/* What runs is what its row says, and nothing holds it but the disk, which holds only what has not begun. */
static void
check_attempt (ObBroker *fresh, const ObActive *active, const char *where)
{
  g_autoptr (ObUpload) upload = ob_broker_get (fresh, active->id, NULL);
  ObHold holds[OB_SHARED_HOLDS_MAX];
  ObLane lane;
  guint n_holds;

  if (active->follow_up == OB_FOLLOW_UP_TERMINATION || ob_stop_is_asked (active->stop))
    return;
  if (!upload)
    g_error ("%s: an attempt of what is not there", where);
  lane = ob_lane_of (upload);
  if (!ob_lane_equal (&active->lane, &lane)
      || active->is_asking != (active->follow_up != OB_FOLLOW_UP_NONE || upload->stored == OB_STORED_CONFIRMING))
    g_error ("%s: the attempt is in another lane than its upload: %s %s, %s %s", where, active->lane.rule,
             active->lane.sent_on, upload->rule, upload->sent_on);
  n_holds = ob_status_board_get_holds (fresh->members->board, &lane, upload->stored, holds);
  n_holds += ob_upload_get_holds (upload, holds + n_holds);
  for (guint i = 0; i < n_holds; i++)
    if (holds[i].reason != OUTBOX_REASON_STORAGE && !(holds[i].flags & OB_HOLD_LETS_ONE_TRY))
      g_error ("%s: an attempt runs that is held by %s", where, outbox_reason_get_info (holds[i].reason)->name);
}

static void
print_difference (const char *is, const char *fresh)
{
  g_auto (GStrv) left = g_strsplit (is, "\n", -1);
  g_auto (GStrv) right = g_strsplit (fresh, "\n", -1);

  for (guint i = 0; left[i]; i++)
    if (!g_strv_contains ((const char *const *) right, left[i]))
      g_printerr ("in memory:    %s\n", left[i]);
  for (guint i = 0; right[i]; i++)
    if (!g_strv_contains ((const char *const *) left, right[i]))
      g_printerr ("loaded anew:  %s\n", right[i]);
}

void
test_memory_assert_fresh (TestRig *rig, const char *where)
{
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;
  g_autoptr (ObDatabase) database
      = ob_database_open (rig->folder, ob_clock_get_now_ms (OB_CLOCK (rig->clock)), &was_rebuilt, &error);
  g_autoptr (ObBroker) fresh = NULL;
  g_autofree char *is = test_memory_dup (rig->broker);
  g_autofree char *should_be = NULL;
  g_autoptr (GPtrArray) actives = test_rig_list_active (rig);

  g_assert_no_error (error);
  g_assert_true (ob_database_run (database, "PRAGMA query_only = ON", NULL));
  fresh = load_anew (rig, database);
  should_be = test_memory_dup (fresh);
  if (!g_str_equal (is, should_be))
    {
      print_difference (is, should_be);
      g_error ("%s: memory is not what a fresh load makes of the database", where);
    }
  for (guint i = 0; i < actives->len; i++)
    check_attempt (fresh, actives->pdata[i], where);
  g_clear_object (&fresh);
}

char *
test_memory_dup_attempts (TestRig *rig)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) actives = test_rig_list_active (rig);

  for (guint i = 0; i < actives->len; i++)
    {
      const ObActive *active = actives->pdata[i];

      if (!ob_stop_is_asked (active->stop))
        g_ptr_array_add (lines, g_strdup_printf ("%s %s/%s", active->id, active->lane.destination, active->lane.rule));
    }
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);

  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* --- What the database was told of the lanes --- */

static void
add_told (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data)
{
  g_autofree char *key = ob_lane_dup_name (lane);

  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (reasons & OUTBOX_REASON_BIT (i))
      g_hash_table_add (user_data, g_strdup_printf ("%s %s", key, outbox_reason_get_info (i)->name));
}

static void
assert_contains_all (GHashTable *set, GHashTable *others, const char *where, const char *words)
{
  GHashTableIter iter;
  gpointer line;

  g_hash_table_iter_init (&iter, others);
  while (g_hash_table_iter_next (&iter, &line, NULL))
    if (!g_hash_table_contains (set, line))
      g_error ("%s: %s: %s", where, words, (const char *) line);
}

void
test_memory_assert_lanes_are_told (TestRig *rig, const char *where)
{
  g_autoptr (GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) held = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GArray) holds = ob_broker_list_holds (rig->broker, NULL);
  g_autoptr (GError) error = NULL;

  (void) ob_lanes_load (rig->database, add_told, told, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < holds->len; i++)
    {
      const ObSharedHold *shared = &g_array_index (holds, ObSharedHold, i);

      if (shared->hold.scope == OUTBOX_SCOPE_LANE)
        g_hash_table_add (held,
                          g_strdup_printf ("%s %s", shared->key, outbox_reason_get_info (shared->hold.reason)->name));
    }
  assert_contains_all (told, held, where, "a lane is held, and the journal was not told");
  assert_contains_all (held, told, where, "the journal was told last that a lane is held, and nothing holds it");
}
