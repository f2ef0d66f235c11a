/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submit, with the same key until it is answered. On the client's thread.
 */
#include "outbox-client-private.h"

#include "dbus/names.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <unistd.h>

#define MOST_TRIES_AT_ITS_END 2

typedef struct
{
  GVariant *options;
  int fd; /* owned: a duplicate */
  guint tries;
} Submission;

static void
submission_free (Submission *submission)
{
  g_variant_unref (submission->options);
  (void) close (submission->fd);
  g_free (submission);
}

static void try_submit (GTask *task);

static gboolean
on_try_again (gpointer user_data)
{
  try_submit (user_data);

  return G_SOURCE_REMOVE;
}

/* The broker takes only so many waiting files at once. It is there and works on them, so try without end. */
static gboolean
is_too_many (const GError *error)
{
  return g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
}

/* A broker that ends, or moves to its queue on another disk, says so; it has not taken the file. */
static gboolean
is_ending (const GError *error)
{
  return g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
}

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Submission *submission = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), NULL, result, &error);
  guint delay_ms;
  char *id;

  if (results)
    {
      g_variant_get (results, "(s)", &id);
      g_task_return_pointer (task, id, g_free);
    }
  else if (is_too_many (error))
    (void) g_timeout_add ((guint) g_random_int_range (200, 1000), on_try_again, g_steal_pointer (&task));
  else if (outbox_client_is_no_broker (error) && (delay_ms = outbox_client_next_try_ms (&submission->tries)) > 0)
    (void) g_timeout_add (delay_ms, on_try_again, g_steal_pointer (&task));
  else if (is_ending (error) && submission->tries++ < MOST_TRIES_AT_ITS_END)
    (void) g_timeout_add (300, on_try_again, g_steal_pointer (&task));
  else
    g_task_return_error (task, outbox_client_translate (g_steal_pointer (&error)));
}

/* Takes ownership of the task. */
static void
try_submit (GTask *task)
{
  OutboxClient *self = g_task_get_source_object (task);
  Submission *submission = g_task_get_task_data (task);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

  (void) g_unix_fd_list_append (fds, submission->fd, NULL);
  g_dbus_connection_call_with_unix_fd_list (outbox_client_get_connection (self), OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                            OUTBOX_INTERFACE_PREFIX "Uploads", "Submit",
                                            g_variant_new ("(h@a{sv})", 0, submission->options), G_VARIANT_TYPE ("(s)"),
                                            G_DBUS_CALL_FLAGS_NONE, G_MAXINT, fds, g_task_get_cancellable (task),
                                            on_submitted, task);
}

GVariant *
outbox_client_add_key (GVariant *options)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, options);
  if (!g_variant_dict_contains (&dict, "key"))
    {
      g_autofree char *key = g_uuid_string_random ();

      g_variant_dict_insert (&dict, "key", "s", key);
    }

  return g_variant_dict_end (&dict);
}

void
outbox_client_submit_async (OutboxClient *self, int fd, GVariant *options, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GVariant) owned = g_variant_ref_sink (options ? options : g_variant_new ("a{sv}", NULL));
  Submission *submission;
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  if (copy < 0)
    {
      g_task_return_new_error (task, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The descriptor: %s",
                               g_strerror (errno));
      g_object_unref (task);
      return;
    }
  submission = g_new0 (Submission, 1);
  submission->options = g_variant_ref_sink (outbox_client_add_key (owned));
  submission->fd = copy;
  g_task_set_task_data (task, submission, (GDestroyNotify) submission_free);
  try_submit (task);
}

char *
outbox_client_submit_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
