/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One destination after another; then the files. That the files are to be done is noted in the database, so that a kill between
 * does not leave them. Main thread.
 */
#include "broker/moving-secrets.h"

#include "base/secret.h"
#include "broker/embedded-secrets.h"
#include "dbus/mark.h"
#include "store/destinations.h"
#include "store/meta.h"
#include "store/scrub.h"

#define UNSCRUBBED "unscrubbed"

struct _ObMovingSecrets
{
  ObQueue *queue; /* borrowed, as are the next two */
  ObDestinationTable *destinations;
  ObCredentials *credentials;
  char *data_folder;
  GQueue *names;      /* of destinations that are to be moved */
  GPtrArray *secrets; /* texts that may be in other files */
  guint source;       /* 0: the files are not due */
};

ObMovingSecrets *
ob_moving_secrets_new (ObQueue *queue, ObDestinationTable *destinations, ObCredentials *credentials,
                       const char *data_folder)
{
  ObMovingSecrets *self = g_new0 (ObMovingSecrets, 1);

  self->queue = queue;
  self->destinations = destinations;
  self->credentials = credentials;
  self->data_folder = g_strdup (data_folder);
  self->names = g_queue_new ();
  self->secrets = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_secret_free);

  return self;
}

void
ob_moving_secrets_free (ObMovingSecrets *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  g_queue_free_full (self->names, g_free);
  g_ptr_array_unref (self->secrets);
  g_free (self->data_folder);
  g_free (self);
}

/* --- The files --- */

static gboolean
note_scrubbed (gpointer user_data, GError **error)
{
  const ObMovingSecrets *self = user_data;

  return ob_meta_set_number (ob_queue_get_database (self->queue), UNSCRUBBED, 0, error);
}

/* Once everything is committed, since SQLite writes no database anew inside a transaction. */
static gboolean
on_due (gpointer user_data)
{
  ObMovingSecrets *self = user_data;
  g_autoptr (GError) error = NULL;

  self->source = 0;
  ob_queue_commit (self->queue);
  if (ob_scrub_database (ob_queue_get_database (self->queue), &error))
    (void) ob_queue_do (self->queue, OB_TURN_LATER, note_scrubbed, self, &error);
  if (error)
    g_warning ("Old secrets may still be in the free pages of the database: %s", error->message);
  ob_scrub_asides (self->data_folder, g_steal_pointer (&self->secrets));
  self->secrets = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_secret_free);

  return G_SOURCE_REMOVE;
}

static void
scrub_if_due (ObMovingSecrets *self)
{
  if (self->source == 0 && ob_meta_get_number (ob_queue_get_database (self->queue), UNSCRUBBED) != 0)
    self->source = g_idle_add (on_due, self);
}

/* --- One destination --- */

static void move_next (ObMovingSecrets *self);

/* Of the destination at the head of the list. */
static gboolean
leave_settings (gpointer user_data, GError **error)
{
  ObMovingSecrets *self = user_data;
  ObDestination *destination = ob_destination_table_find (self->destinations, g_queue_peek_head (self->names));
  g_autoptr (ObSignIn) taken = destination ? ob_embedded_secrets_take (destination) : NULL;

  return !destination
         || (ob_destinations_save (ob_queue_get_database (self->queue), destination, error)
             && ob_meta_set_number (ob_queue_get_database (self->queue), UNSCRUBBED, 1, error));
}

static void
on_moved (const GError *error, gpointer user_data)
{
  ObMovingSecrets *self = user_data;
  g_autofree char *name = g_queue_pop_head (self->names);

  if (error)
    g_warning ("The secrets of %s stay among its settings: %s", name, error->message);
  move_next (self);
}

static void
add_text (const char *name, const char *value, gpointer user_data)
{
  if (!g_str_equal (name, "username"))
    ob_scrub_add (user_data, value);
}

/* Returns: (transfer full) (nullable): what is among its settings, which stay as they are */
static ObSignIn *
dup_embedded (const ObDestination *destination)
{
  const ObDestinationSettings settings = { .url = destination->url,
                                           .confirm_url = destination->confirm_url,
                                           .amend_url = destination->amend_url,
                                           .also = (const char *const *) destination->also,
                                           .headers = destination->headers };
  g_autoptr (ObDestinationSettings) copy = ob_destination_settings_copy (&settings);

  return ob_embedded_secrets_take_from_settings (copy);
}

static void
move_next (ObMovingSecrets *self)
{
  const char *name = g_queue_peek_head (self->names);
  const ObDestination *destination = name ? ob_destination_table_find (self->destinations, name) : NULL;
  ObSignIn *sign_in = destination ? dup_embedded (destination) : NULL;

  if (!name)
    {
      scrub_if_due (self);
      return;
    }
  if (sign_in)
    {
      ob_sign_in_foreach (sign_in, add_text, self->secrets);
      ob_credentials_store (self->credentials, name, destination->url,
                            &(ObCredentialsChange){ leave_settings, self,
                                                    S_ ("its secrets are kept apart from now on") },
                            sign_in, on_moved, self);
    }
  /* Only what is dropped, such as the password of another origin. */
  else
    {
      ob_queue_command (self->queue, leave_settings, self, on_moved, self);
    }
}

void
ob_moving_secrets_start (ObMovingSecrets *self)
{
  GHashTableIter iter;
  gpointer value;

  if (ob_database_is_only_read (ob_queue_get_database (self->queue)))
    return;
  g_hash_table_iter_init (&iter, ob_destination_table_get_all (self->destinations));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (ob_embedded_secrets_are_in (value))
      g_queue_push_tail (self->names, g_strdup (((const ObDestination *) value)->name));
  move_next (self);
}
