/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes the whole file after each commit that changed a setting. Where it cannot be written, the database alone has the settings for
 * a while: it is tried again by the alarm, and at each start. Main thread.
 */
#include "broker/settings-file.h"

#include "base/text.h"
#include "store/destinations.h"
#include "store/groups.h"
#include "store/meta.h"

/* In the database's meta: when a setting was changed last. The file has the same number, or is behind. */
#define CHANGED_AT "settings_changed_at"

#define TRY_AFTER_MS (30 * 1000)

#define UNREAD (-1)

struct _ObSettingsFile
{
  ObQueue *queue; /* borrowed, as are the next three */
  ObDatabase *database;
  ObSpool *spool;
  ObDestinationTable *destinations;
  gint64 file_ms;  /* of which change the file is; UNREAD: it was neither read nor written yet */
  gint64 look_ms;  /* when to look whether the file is behind; 0: it is not */
  gboolean warned; /* of the present trouble */
};

ObSettingsFile *
ob_settings_file_new (ObQueue *queue, ObSpool *spool, ObDestinationTable *destinations)
{
  ObSettingsFile *self = g_new0 (ObSettingsFile, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->spool = spool;
  self->destinations = destinations;
  self->file_ms = UNREAD;
  self->look_ms = 1;

  return self;
}

void
ob_settings_file_free (ObSettingsFile *self)
{
  g_free (self);
}

/* Returns: when a setting was changed last, as the database has it; 0: not known, as in one of an older version */
static gint64
get_changed_ms (ObSettingsFile *self)
{
  gint64 changed_ms = ob_meta_get_number (self->database, CHANGED_AT);

  return changed_ms <= OB_TIME_MAX_MS ? changed_ms : 0;
}

static gboolean
write_file (ObSettingsFile *self, gint64 changed_ms, GError **error)
{
  g_autoptr (GPtrArray) groups = ob_groups_list_paused (self->database, error);
  g_autofree char *text = NULL;

  if (!groups)
    return FALSE;
  text = ob_settings_write (ob_destination_table_get_all (self->destinations), groups,
                            ob_meta_get_number (self->database, "paused") != 0, changed_ms);

  return ob_spool_save_settings (self->spool, text, error);
}

static void
bring_up (ObSettingsFile *self, gint64 changed_ms)
{
  g_autoptr (GError) error = NULL;

  if (write_file (self, changed_ms, &error))
    {
      self->file_ms = changed_ms;
      self->look_ms = 0;
      self->warned = FALSE;
      return;
    }
  self->look_ms = ob_queue_get_now_ms (self->queue) + TRY_AFTER_MS;
  if (!self->warned)
    g_warning ("The settings are in the database alone until they can be written: %s", error->message);
  self->warned = TRUE;
}

/* Several changes of one turn are one file. */
static void
on_changed (const GError *commit_error, gpointer user_data)
{
  ObSettingsFile *self = user_data;
  gint64 changed_ms = commit_error ? self->file_ms : get_changed_ms (self);

  if (changed_ms == self->file_ms)
    return;
  bring_up (self, changed_ms);
  ob_queue_set_alarm (self->queue);
}

gboolean
ob_settings_file_change (ObSettingsFile *self, GError **error)
{
  gint64 next_ms = get_changed_ms (self) + 1;

  ob_queue_after (self->queue, on_changed, self);

  return ob_meta_set_number (self->database, CHANGED_AT, MAX (ob_queue_get_now_ms (self->queue), next_ms), error);
}

/* A file that is ahead belongs to a queue that has been replaced by an older one, and knows more. One that cannot be read is left for a
 * person to look at where the database has nothing that could take its place. */
static gboolean
is_file_behind (ObSettingsFile *self, gint64 changed_ms)
{
  g_autoptr (ObSettings) settings = self->file_ms == UNREAD ? ob_settings_file_read (self, NULL) : NULL;

  if (self->file_ms != UNREAD)
    return self->file_ms != changed_ms;

  return settings ? settings->changed_at_ms < changed_ms
                  : g_hash_table_size (ob_destination_table_get_all (self->destinations)) > 0;
}

static gint64
next_ms (gpointer member)
{
  return ((ObSettingsFile *) member)->look_ms;
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObSettingsFile *self = member;
  gint64 changed_ms;

  self->look_ms = MIN (self->look_ms, now_ms + TRY_AFTER_MS);
  if (self->look_ms == 0 || self->look_ms > now_ms)
    return;
  self->look_ms = 0;
  changed_ms = get_changed_ms (self);
  if (is_file_behind (self, changed_ms))
    bring_up (self, changed_ms);
}

const ObMember ob_settings_file_member = { .next_ms = next_ms, .wake = wake };

ObSettings *
ob_settings_file_read (ObSettingsFile *self, GError **error)
{
  gsize size_bytes = 0;
  g_autofree char *text = ob_spool_load_settings (self->spool, &size_bytes);

  return text ? ob_settings_read (text, size_bytes, error) : NULL;
}

typedef struct
{
  ObDatabase *database;
  const ObSettings *settings;
  GHashTable *known; /* destinations by name */
} Restoration;

/* Returns: whether the queue has no destination, or the file has one that it lacks */
static gboolean
is_due (const Restoration *restoration)
{
  if (g_hash_table_size (restoration->known) == 0)
    return TRUE;
  for (guint i = 0; i < restoration->settings->destinations->len; i++)
    {
      const ObDestination *destination = restoration->settings->destinations->pdata[i];

      if (!g_hash_table_contains (restoration->known, destination->name))
        return TRUE;
    }

  return FALSE;
}

static gboolean
insert_destinations (const Restoration *restoration, GError **error)
{
  for (guint i = 0; i < restoration->settings->destinations->len; i++)
    {
      const ObDestination *destination = restoration->settings->destinations->pdata[i];

      if (!g_hash_table_contains (restoration->known, destination->name)
          && !ob_destinations_save (restoration->database, destination, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
insert (gpointer user_data, GError **error)
{
  const Restoration *restoration = user_data;
  const ObSettings *settings = restoration->settings;

  if (!insert_destinations (restoration, error))
    return FALSE;
  /* A queue that has some of its destinations knows itself what a person has paused. */
  if (g_hash_table_size (restoration->known) > 0)
    return TRUE;
  for (guint i = 0; i < settings->paused_groups->len; i++)
    {
      const ObGroup *group = settings->paused_groups->pdata[i];

      if (!ob_groups_set_paused (restoration->database, group->app, group->key, TRUE, error))
        return FALSE;
    }

  return !settings->is_paused || ob_meta_set_number (restoration->database, "paused", 1, error);
}

void
ob_settings_file_restore (ObSettingsFile *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObSettings) settings = ob_settings_file_read (self, &error);
  Restoration restoration = { self->database, settings, ob_destination_table_get_all (self->destinations) };

  if (settings && is_due (&restoration) && ob_queue_do (self->queue, OB_TURN_SOON, insert, &restoration, &error))
    {
      ob_queue_commit (self->queue);
      ob_queue_load_again (self->queue);
    }
  if (error)
    g_warning ("The settings could not be taken back: %s", error->message);
}
