/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The longest turn of the main loop while much is to be done: everybody who calls waits for it. Main thread.
 */
#include "parts.h"

#include "report.h"

#include <math.h>

#define LIMIT_MS 20
#define PAGE 1000

/* Returns: (transfer full): the ids of all that are in the queue. */
static GPtrArray *
list_all (Rig *rig)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *cursor = g_strdup ("");

  do
    {
      g_autoptr (GVariant) list = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *after = g_steal_pointer (&cursor);

      outbox_dbus_uploads_call_list_sync (rig->uploads,
                                          g_variant_new_parsed ("{'limit': <%u>, 'cursor': <%s>}", PAGE, after), &list,
                                          &cursor, NULL, &error);
      g_assert_no_error (error);
      for (gsize i = 0; i < g_variant_n_children (list); i++)
        {
          g_autoptr (GVariant) document = g_variant_get_child_value (list, i);
          char *id = NULL;

          g_assert_true (g_variant_lookup (document, "id", "s", &id));
          g_ptr_array_add (ids, id);
        }
    }
  while (*cursor);

  return ids;
}

static void
remove_many (Rig *rig, GPtrArray *ids, guint n_ids)
{
  g_autoptr (GPtrArray) part = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n_ids; i++)
    g_ptr_array_add (part, ids->pdata[i]);
  g_ptr_array_add (part, NULL);
  outbox_dbus_uploads_call_remove_sync (rig->uploads, (const char *const *) part->pdata, NULL, &error);
  g_assert_no_error (error);
}

static void
pause_many (Rig *rig, GPtrArray *ids, guint n_ids)
{
  g_autoptr (GPtrArray) part = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n_ids; i++)
    g_ptr_array_add (part, ids->pdata[ids->len - 1 - i]);
  g_ptr_array_add (part, NULL);
  outbox_dbus_uploads_call_pause_sync (rig->uploads, (const char *const *) part->pdata, NULL, &error);
  g_assert_no_error (error);
}

/* @longest_us: is reset. */
static void
report (const char *what, guint n_uploads, gint64 *longest_us)
{
  g_autofree char *name = g_strdup_printf ("longest turn, %s %'u", what, n_uploads);

  bench_report (name, BENCH_MOST, "ms", (double) *longest_us / 1000, "", NAN, LIMIT_MS);
  *longest_us = 0;
}

void
bench_turn (const Bench *bench)
{
  g_autoptr (Rig) rig = rig_new (bench, "turn");
  guint n_uploads = bench->is_quick ? 10000 : 100000;
  guint n_many = bench->is_quick ? 2000 : 10000;
  g_autoptr (GPtrArray) ids = NULL;
  gint64 *longest_us;

  rig_fill (rig, n_uploads, TRUE);
  longest_us = rig_watch_turns (rig);
  (void) rig_start (rig);
  rig_wait_until_idle (rig);
  report ("start with", n_uploads, longest_us);
  ids = list_all (rig);
  report ("List of", n_uploads, longest_us);
  pause_many (rig, ids, n_many);
  rig_wait_until_idle (rig);
  report ("Pause of", n_many, longest_us);
  remove_many (rig, ids, n_many);
  rig_wait_until_idle (rig);
  report ("Remove of", n_many, longest_us);
  rig_stop (rig);
}
