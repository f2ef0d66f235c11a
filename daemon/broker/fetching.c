/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One process, and a time limit. What came is overwritten afterwards: it may be a key.
 */
#include "broker/fetching.h"

#include <string.h>

/* sign-in.conf of each folder, or a certificate and its key. */
#define MOST_BYTES (4 * OB_FETCH_MOST_BYTES)

struct _ObFetching
{
  GStrv paths;
  ObErrand *errand; /* NULL: none could be started */
  guint source;     /* of its time limit; or of its answer, where there is no process */
  ObFetchingDone done;
  gpointer user_data;
};

void
ob_fetching_free (ObFetching *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_pointer (&self->errand, ob_errand_free);
  g_strfreev (self->paths);
  g_free (self);
}

static void
on_read (GBytes *answer, gpointer user_data)
{
  ObFetching *self = user_data;
  g_autoptr (GPtrArray) files = ob_fetch_parse ((const char *const *) self->paths, answer);
  gsize size_bytes = 0;
  gpointer bytes = answer ? (gpointer) g_bytes_get_data (answer, &size_bytes) : NULL;

  if (size_bytes > 0)
    explicit_bzero (bytes, size_bytes);
  g_clear_handle_id (&self->source, g_source_remove);
  self->done (files, self->user_data);
}

static gboolean
on_late (gpointer user_data)
{
  ObFetching *self = user_data;

  self->source = 0;
  g_clear_pointer (&self->errand, ob_errand_free);
  self->done (NULL, self->user_data);

  return G_SOURCE_REMOVE;
}

ObFetching *
ob_fetching_new (const char *const *paths, ObFetchingDone done, gpointer user_data)
{
  ObFetching *self = g_new0 (ObFetching, 1);

  self->paths = g_strdupv ((char **) paths);
  self->done = done;
  self->user_data = user_data;
  self->errand = ob_fetch_start ((const char *const *) self->paths, NULL);
  if (self->errand)
    {
      self->source = g_timeout_add_seconds (OB_FETCHING_LATE_S, on_late, self);
      ob_errand_collect (self->errand, MOST_BYTES, on_read, self);
    }
  else
    {
      self->source = g_idle_add (on_late, self);
    }

  return self;
}
