/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes the whole file after each commit that changed a setting. If it cannot be written, a warning is all: the database
 * has the settings. Main thread.
 */
#include "broker/settings-file.h"

#include "store/destinations.h"
#include "store/groups.h"
#include "store/meta.h"

struct _ObSettingsFile
{
  ObQueue *queue; /* borrowed, as is the rest */
  ObDatabase *database;
  ObSpool *spool;
  ObDestinationTable *destinations;
};

ObSettingsFile *
ob_settings_file_new (ObQueue *queue, ObSpool *spool, ObDestinationTable *destinations)
{
  ObSettingsFile *self = g_new0 (ObSettingsFile, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->spool = spool;
  self->destinations = destinations;

  return self;
}

void
ob_settings_file_free (ObSettingsFile *self)
{
  g_free (self);
}

static void
on_changed (const GError *commit_error, gpointer user_data)
{
  ObSettingsFile *self = user_data;
  g_autoptr (GPtrArray) groups = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (commit_error)
    return;
  groups = ob_groups_list_paused (self->database, &error);
  text = groups ? ob_settings_write (ob_destination_table_get_all (self->destinations), groups,
                                     ob_meta_get_number (self->database, "paused") != 0)
                : NULL;
  if (!text || !ob_spool_save_settings (self->spool, text, &error))
    g_warning ("The settings are in the database alone: %s", error->message);
}

void
ob_settings_file_save_after (ObSettingsFile *self)
{
  ob_queue_after (self->queue, on_changed, self);
}

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
