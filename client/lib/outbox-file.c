/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hands a GFile over. One with a path is opened, and the broker copies it. Any other, such as of a camera or a server that GVfs
 * reads, is streamed into a file of the broker's. Opening and streaming may wait for a device: they have a thread.
 */
#include "outbox-client-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <unistd.h>

typedef struct
{
  GFile *file;
  GVariant *options; /* a{sv} */
} Handover;

static void
handover_free (Handover *handover)
{
  g_object_unref (handover->file);
  g_variant_unref (handover->options);
  g_free (handover);
}

/* Returns: floating: @options with the name of the file, where they have none */
static GVariant *
add_name (GVariant *options, GFile *file)
{
  g_autofree char *base = g_file_get_basename (file);
  g_autofree char *name = base ? g_filename_display_name (base) : NULL;
  GVariantDict dict;

  g_variant_dict_init (&dict, options);
  if (name && !g_variant_dict_contains (&dict, "name"))
    g_variant_dict_insert (&dict, "name", "s", name);

  return g_variant_dict_end (&dict);
}

/* --- With a path --- */

static void
open_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Handover *handover = task_data;
  /* A pipe without a writer does not answer; the broker refuses it. */
  int fd = open (g_file_peek_path (handover->file), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd >= 0)
    g_task_return_int (task, fd);
  else
    g_task_return_new_error (task, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s",
                             g_file_peek_path (handover->file), g_strerror (errno));
}

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  char *id = outbox_client_submit_finish (OUTBOX_CLIENT (source), result, &error);

  if (id)
    g_task_return_pointer (task, id, g_free);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Handover *handover = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;
  int fd = (int) g_task_propagate_int (G_TASK (result), &error);

  if (fd < 0)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  outbox_client_submit_async (OUTBOX_CLIENT (source), fd, handover->options, cancellable, on_submitted,
                              g_steal_pointer (&task));
  /* The call has a descriptor of its own. */
  (void) close (fd);
}

/* --- Without one --- */

/* Returns: floating: @options without the digest, which is for Commit; *@digest: floating: with nothing else */
static GVariant *
split_options (GVariant *options, GVariant **digest)
{
  GVariantDict dict, of_commit;
  const char *sha256;

  g_variant_dict_init (&dict, options);
  g_variant_dict_init (&of_commit, NULL);
  if (g_variant_dict_lookup (&dict, "sha256", "&s", &sha256))
    g_variant_dict_insert (&of_commit, "sha256", "s", sha256);
  (void) g_variant_dict_remove (&dict, "sha256");
  *digest = g_variant_dict_end (&of_commit);

  return g_variant_dict_end (&dict);
}

/* Takes ownership of @fd. */
static gboolean
stream_into (int fd, GInputStream *stream, GCancellable *cancellable, GError **error)
{
  g_autoptr (GOutputStream) output = g_unix_output_stream_new (fd, TRUE);

  return g_output_stream_splice (output, stream,
                                 G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, cancellable,
                                 error)
         >= 0;
}

/* Nothing is kept of a file that could not be read to its end. */
static void
forget (OutboxClient *self, const char *id)
{
  const char *const ids[] = { id, NULL };

  (void) outbox_client_command_sync (self, OUTBOX_COMMAND_REMOVE, ids, NULL, NULL);
}

static char *
record_stream (OutboxClient *self, Handover *handover, GInputStream *stream, GCancellable *cancellable, GError **error)
{
  GVariant *of_commit = NULL;
  GVariant *of_create = split_options (handover->options, &of_commit);
  g_autoptr (GVariant) digest = g_variant_ref_sink (of_commit);
  int fd;
  g_autofree char *id = outbox_client_create_sync (self, of_create, &fd, cancellable, error);

  if (!id)
    return NULL;
  if (stream_into (fd, stream, cancellable, error) && outbox_client_commit_sync (self, id, digest, cancellable, error))
    return g_steal_pointer (&id);
  forget (self, id);

  return NULL;
}

static void
record_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Handover *handover = task_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (handover->file, cancellable, &error);
  char *id = stream ? record_stream (source, handover, G_INPUT_STREAM (stream), cancellable, &error) : NULL;

  if (id)
    g_task_return_pointer (task, id, g_free);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* --- Both --- */

void
outbox_client_submit_file_async (OutboxClient *self, GFile *file, GVariant *options, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (options ? options : g_variant_new ("a{sv}", NULL));
  g_autoptr (GTask) task = NULL;
  Handover *handover;

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, G_IS_FILE (file) && g_variant_is_of_type (owned, G_VARIANT_TYPE_VARDICT), callback,
                             user_data))
    return;
  task = g_task_new (self, cancellable, callback, user_data);
  handover = g_new0 (Handover, 1);
  handover->file = g_object_ref (file);
  handover->options = g_variant_ref_sink (add_name (owned, file));
  g_task_set_task_data (task, handover, (GDestroyNotify) handover_free);
  if (g_file_peek_path (file))
    {
      g_autoptr (GTask) opening = g_task_new (self, cancellable, on_opened, g_object_ref (task));

      g_task_set_task_data (opening, handover, NULL);
      g_task_run_in_thread (opening, open_in_thread);
    }
  else
    g_task_run_in_thread (task, record_in_thread);
}

char *
outbox_client_submit_file_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
