/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads from where a secret is, and moves one at a time to where it belongs. Main thread.
 */
#include "store/secrets.h"

#include "base/crash.h"
#include "base/debug.h"
#include "base/errand.h"
#include "base/identity.h"
#include "base/secret.h"
#include "dbus/error.h"
#include "model/sign-in.h"
#include "store/keyring.h"
#include "store/secret-files.h"

#include <fcntl.h>
#include <unistd.h>

/* A move of a file system that does not answer is given up after this time, and begun anew when the keyring is open next. */
#define SYNC_MOST_S 60

/* What is moved, or removed from the keyring. */
typedef struct
{
  ObSecrets *secrets;
  char *name;        /* NULL: an item is removed */
  char *id;          /* of the item */
  char *secret;      /* as it was in the file, or NULL */
  gboolean is_stale; /* it was written or removed since */
  ObErrand *errand;
  guint timeout;
} Move;

struct _ObSecrets
{
  ObSecretFiles *files;
  ObKeyring *keyring;
  gboolean is_stopped;
  gboolean uses_keyring;
  gboolean was_open;
  Move *move;          /* under way, or NULL */
  GHashTable *refused; /* names and ids that did not move, until the keyring is open next */
  void (*opened) (gpointer user_data);
  gpointer user_data;
};

static void review (ObSecrets *self);

/* --- Moves --- */

/* @is_done: what was not is left until the keyring is open next. */
static void
end_move (Move *move, gboolean is_done)
{
  ObSecrets *self = move->secrets;

  self->move = NULL;
  if (!is_done && !move->is_stale)
    g_hash_table_add (self->refused, g_strdup (move->name ? move->name : move->id));
  g_clear_handle_id (&move->timeout, g_source_remove);
  g_clear_pointer (&move->errand, ob_errand_free);
  ob_secret_free (move->secret);
  g_free (move->name);
  g_free (move->id);
  g_free (move);
  review (self);
}

static Move *
begin_move (ObSecrets *self, const char *name, const char *id)
{
  Move *move = g_new0 (Move, 1);

  move->secrets = self;
  move->name = g_strdup (name);
  move->id = g_strdup (id);
  self->move = move;

  return move;
}

/* In a process of its own: no memory allocation, no locks, no GLib. */
static void
sync_file_system (gconstpointer data, int pipe)
{
  const int fd = open (data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const char is_good = fd >= 0 && syncfs (fd) == 0;

  ob_errand_send (pipe, &is_good, 1);
}

/* The keyring has it for good, so the file is not needed any more. */
static void
on_synced (GBytes *answer, gpointer user_data)
{
  Move *move = user_data;
  gsize size_bytes = 0;
  const char *is_good = answer ? g_bytes_get_data (answer, &size_bytes) : NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_done = size_bytes == 1 && *is_good && !move->is_stale;

  ob_crash_point ("secret-moved");
  if (is_done && !ob_secret_files_remove (move->secrets->files, move->name, &error))
    {
      g_warning ("The file of a secret that is in the keyring could not be removed: %s", error->message);
      is_done = FALSE;
    }
  ob_debug (OB_DEBUG_STORE, move->name, "the secret %s", is_done ? "is in the keyring" : "stays in its file");
  end_move (move, is_done);
}

static gboolean
on_sync_late (gpointer user_data)
{
  Move *move = user_data;

  move->timeout = 0;
  end_move (move, FALSE);

  return G_SOURCE_REMOVE;
}

/* A keyring may rename its file and not sync the folder that it is in, as gnome-keyring does. */
static void
on_item_written (const char *secret, const GError *error, gpointer user_data)
{
  Move *move = user_data;
  const char *folder = ob_secret_files_get_data_folder (move->secrets->files);

  if (!error && !move->is_stale)
    move->errand = ob_errand_start (sync_file_system, folder, -1, NULL);
  if (!move->errand)
    {
      end_move (move, FALSE);
      return;
    }
  move->timeout = g_timeout_add_seconds (SYNC_MOST_S, on_sync_late, move);
  ob_errand_collect (move->errand, 1, on_synced, move);
}

/* Returns: whether it has something that nobody may read. Token commands and certificates are named in a file of their own, and a locked
 * keyring is no reason not to use them. */
static gboolean
is_secret (const char *text)
{
  g_autoptr (ObSignIn) sign_in = ob_sign_in_parse (text);

  return !sign_in
         || !(g_str_equal (ob_sign_in_get_kind (sign_in), OB_SIGN_IN_COMMAND)
              || g_str_equal (ob_sign_in_get_kind (sign_in), OB_SIGN_IN_TLS));
}

/* The name of the item is on the disk before there is one, so that it can be removed whatever happens. */
static void
move_to_keyring (ObSecrets *self, const char *name)
{
  g_autofree char *known = ob_secret_files_dup_item (self->files, name);
  g_autofree char *id = known ? g_steal_pointer (&known) : ob_id_new (g_get_real_time () / 1000);
  g_autofree char *label = g_strdup_printf ("Outbox: %s", name);
  Move *move = begin_move (self, name, id);

  move->secret = ob_secret_files_read (self->files, name, NULL);
  if (!move->secret || !is_secret (move->secret) || !ob_secret_files_set_item (self->files, name, id, NULL))
    end_move (move, FALSE);
  else
    ob_keyring_write (self->keyring, id, label, move->secret, on_item_written, move);
}

static void
on_item_read (const char *secret, const GError *error, gpointer user_data)
{
  Move *move = user_data;
  ObSecretFiles *files = move->secrets->files;
  const gboolean is_done = secret && !move->is_stale && ob_secret_files_write (files, move->name, secret, NULL)
                           && ob_secret_files_leave_item (files, move->name, NULL);

  end_move (move, is_done);
}

static void
move_to_file (ObSecrets *self, const char *name)
{
  g_autofree char *id = ob_secret_files_dup_item (self->files, name);
  Move *move = begin_move (self, name, id ? id : name);

  if (id && !ob_secret_files_has (self->files, name))
    ob_keyring_read (self->keyring, id, on_item_read, move);
  else
    end_move (move, ob_secret_files_leave_item (self->files, name, NULL));
}

static void
on_item_removed (const char *secret, const GError *error, gpointer user_data)
{
  Move *move = user_data;

  end_move (move, !error && ob_secret_files_forget_item (move->secrets->files, move->id, NULL));
}

/* Returns: (transfer full) (nullable): the first that has not been tried in vain */
static char *
dup_next (ObSecrets *self, GPtrArray *names)
{
  g_autoptr (GPtrArray) owned = names;

  for (guint i = 0; i < names->len; i++)
    if (!g_hash_table_contains (self->refused, names->pdata[i]))
      return g_strdup (names->pdata[i]);

  return NULL;
}

/* Begins what there is to do. */
static void
review (ObSecrets *self)
{
  g_autofree char *gone = NULL;
  g_autofree char *name = NULL;

  if (self->is_stopped || self->move || ob_keyring_get_state (self->keyring) != OB_KEYRING_OPEN)
    return;
  gone = dup_next (self, ob_secret_files_list_gone (self->files));
  if (gone)
    {
      ob_keyring_remove (self->keyring, gone, on_item_removed, begin_move (self, NULL, gone));
      return;
    }
  name = dup_next (self,
                   self->uses_keyring ? ob_secret_files_list (self->files) : ob_secret_files_list_items (self->files));
  if (name && self->uses_keyring)
    move_to_keyring (self, name);
  else if (name)
    move_to_file (self, name);
}

/* What is under way knows an older secret. */
static void
note_change (ObSecrets *self, const char *name)
{
  (void) g_hash_table_remove (self->refused, name);
  if (self->move && g_strcmp0 (self->move->name, name) == 0)
    self->move->is_stale = TRUE;
  review (self);
}

/* --- The keyring --- */

static void
on_keyring_changed (gpointer user_data)
{
  ObSecrets *self = user_data;
  const gboolean is_open = ob_keyring_get_state (self->keyring) == OB_KEYRING_OPEN;
  const gboolean has_opened = is_open && !self->was_open;

  self->was_open = is_open;
  if (!has_opened)
    return;
  g_hash_table_remove_all (self->refused);
  review (self);
  if (self->opened)
    self->opened (self->user_data);
}

void
ob_secrets_attach (ObSecrets *self, GDBusConnection *connection)
{
  g_autoptr (GPtrArray) items = ob_secret_files_list_items (self->files);

  ob_keyring_attach (self->keyring, connection, items->len > 0);
}

void
ob_secrets_use_keyring (ObSecrets *self, gboolean uses_keyring)
{
  if (self->uses_keyring == uses_keyring)
    return;
  self->uses_keyring = uses_keyring;
  g_hash_table_remove_all (self->refused);
  review (self);
}

void
ob_secrets_watch (ObSecrets *self, void (*opened) (gpointer user_data), gpointer user_data)
{
  self->opened = opened;
  self->user_data = user_data;
}

/* --- Life --- */

ObSecrets *
ob_secrets_new (const char *data_folder)
{
  ObSecrets *self = g_new0 (ObSecrets, 1);

  self->files = ob_secret_files_new (data_folder);
  self->keyring = ob_keyring_new (OB_KEYRING_PATIENCE_MS, on_keyring_changed, self);
  self->uses_keyring = TRUE;
  self->refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
ob_secrets_stop (ObSecrets *self)
{
  if (self->is_stopped)
    return;
  self->is_stopped = TRUE;
  ob_secrets_watch (self, NULL, NULL);
  ob_keyring_stop (self->keyring);
  if (self->move)
    end_move (self->move, FALSE);
}

void
ob_secrets_free (ObSecrets *self)
{
  ob_secrets_stop (self);
  ob_keyring_free (self->keyring);
  g_hash_table_unref (self->refused);
  ob_secret_files_free (self->files);
  g_free (self);
}

const char *
ob_secrets_get_data_folder (ObSecrets *self)
{
  return ob_secret_files_get_data_folder (self->files);
}

/* --- What is asked for --- */

const char *
ob_secrets_get_place (ObSecrets *self, const char *name)
{
  g_autofree char *id = NULL;

  if (ob_secret_files_has (self->files, name))
    return "file";
  id = ob_secret_files_dup_item (self->files, name);

  return id ? "keyring" : NULL;
}

void
ob_secrets_read (ObSecrets *self, const char *name, ObSecretsRead done, gpointer user_data)
{
  g_autofree char *id = ob_secret_files_has (self->files, name) ? NULL : ob_secret_files_dup_item (self->files, name);
  g_autoptr (GError) error = NULL;
  char *secret;

  if (id)
    {
      ob_keyring_read (self->keyring, id, done, user_data);
      return;
    }
  secret = ob_secret_files_read (self->files, name, &error);
  done (secret, error, user_data);
  ob_secret_free (secret);
}

void
ob_secrets_write (ObSecrets *self, const char *name, const char *secret, ObSecretsDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  (void) ob_secret_files_write (self->files, name, secret, &error);
  note_change (self, name);
  done (error, user_data);
}

void
ob_secrets_remove (ObSecrets *self, const char *name, ObSecretsDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (ob_secret_files_remove (self->files, name, &error))
    (void) ob_secret_files_leave_item (self->files, name, &error);
  note_change (self, name);
  done (error, user_data);
}
