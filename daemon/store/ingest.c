/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two thread pools over the spool's blocking calls. Owns the pools; answers on the main thread.
 */
#include "store/ingest.h"

#include "dbus/error.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_MAX_BYTES (32 * 1024 * 1024)
#define SMALL_THREADS 4
#define LARGE_THREADS 2

/* A burst of small files waits here rather than in the apps; each of them costs some KiB, and a descriptor of those that
 * the process may have. As many may be on their way in from the bus. */
#define WAITING_MAX 2048
#define DESCRIPTORS_OF_OTHERS 256

struct _ObIngest
{
  ObSpool *spool; /* borrowed */
  GThreadPool *small;
  GThreadPool *large;
  guint waiting;     /* main thread only */
  guint waiting_max; /* set once */
};

typedef struct
{
  ObIngest *ingest;
  char *id;
  int fd;
  char *expected_sha256;
  GCancellable *cancellable;
  gint64 *copied_bytes;
  ObIngestRecord make_record; /* NULL: the digest alone is wanted */
  ObIngestLook look;
  ObIngestDone done;
  gpointer user_data;
  ObSpoolCopy copy;
  GError *error;
} Task;

static void
task_free (Task *task)
{
  if (task->make_record)
    (void) close (task->fd);
  g_free (task->id);
  g_free (task->expected_sha256);
  g_clear_object (&task->cancellable);
  g_clear_error (&task->error);
  g_free (task);
}

static gboolean
on_taken (gpointer data)
{
  Task *task = data;

  task->ingest->waiting--;
  task->done (&task->copy, task->error, task->user_data);
  task_free (task);

  return G_SOURCE_REMOVE;
}

static gboolean
check_digest (Task *task)
{
  if (!task->expected_sha256 || g_ascii_strcasecmp (task->expected_sha256, task->copy.sha256) == 0)
    return TRUE;
  g_set_error (&task->error, OUTBOX_ERROR, OUTBOX_ERROR_DIGEST_MISMATCH, "The file's SHA-256 is %s, not %s",
               task->copy.sha256, task->expected_sha256);

  return FALSE;
}

static void
take_copy (Task *task)
{
  ObSpool *spool = task->ingest->spool;

  if (ob_spool_copy (spool, task->id, task->fd, task->cancellable, task->copied_bytes, &task->copy, &task->error))
    {
      if (check_digest (task))
        {
          g_autofree char *record = task->make_record (&task->copy, task->user_data);

          (void) ob_spool_commit (spool, task->id, record, &task->error);
        }
      else
        ob_spool_discard (spool, task->id);
    }
}

static void
take_digest (Task *task)
{
  if (ob_spool_digest (task->fd, task->cancellable, &task->copy, &task->error) && check_digest (task))
    task->look (&task->copy, task->user_data);
}

static void
take (gpointer data, gpointer user_data)
{
  Task *task = data;

  if (task->make_record)
    take_copy (task);
  else
    take_digest (task);
  g_idle_add_full (G_PRIORITY_DEFAULT, on_taken, task, NULL);
}

static guint
most_waiting (void)
{
  struct rlimit limit;
  rlim_t descriptors = getrlimit (RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;

  return (guint) CLAMP ((gint64) MIN (descriptors, G_MAXINT) - DESCRIPTORS_OF_OTHERS, 64, 2 * WAITING_MAX) / 2;
}

ObIngest *
ob_ingest_new (ObSpool *spool)
{
  ObIngest *ingest = g_new0 (ObIngest, 1);

  ingest->spool = spool;
  ingest->waiting_max = most_waiting ();
  /* Threads of its own are there when a file comes; those that GLib shares go away after a while, and wake up for it. */
  ingest->small = g_thread_pool_new (take, NULL, SMALL_THREADS, TRUE, NULL);
  ingest->large = g_thread_pool_new (take, NULL, LARGE_THREADS, FALSE, NULL);

  return ingest;
}

void
ob_ingest_free (ObIngest *ingest)
{
  g_thread_pool_free (ingest->small, TRUE, TRUE);
  g_thread_pool_free (ingest->large, TRUE, TRUE);
  g_free (ingest);
}

static gboolean
has_room (ObIngest *ingest, GError **error)
{
  if (ingest->waiting < ingest->waiting_max)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, "%u files are being saved already; try again",
               ingest->waiting);

  return FALSE;
}

/* Starts a copy of what was said of it. */
static void
push (ObIngest *ingest, const Task *what)
{
  Task *task = g_memdup2 (what, sizeof *what);
  struct stat info;
  gboolean is_large = fstat (task->fd, &info) == 0 && info.st_size > SMALL_MAX_BYTES;

  task->ingest = ingest;
  ingest->waiting++;
  (void) g_thread_pool_push (is_large ? ingest->large : ingest->small, task, NULL);
}

gboolean
ob_ingest_add (ObIngest *ingest, const char *id, int fd, const char *expected_sha256, GCancellable *cancellable,
               gint64 *copied_bytes, ObIngestRecord make_record, ObIngestDone done, gpointer user_data, GError **error)
{
  if (!has_room (ingest, error))
    {
      (void) close (fd);
      return FALSE;
    }
  push (ingest, &(Task){ .id = g_strdup (id),
                         .fd = fd,
                         .expected_sha256 = g_strdup (expected_sha256),
                         .cancellable = g_object_ref (cancellable),
                         .copied_bytes = copied_bytes,
                         .make_record = make_record,
                         .done = done,
                         .user_data = user_data });

  return TRUE;
}

gboolean
ob_ingest_digest (ObIngest *ingest, int fd, const char *expected_sha256, GCancellable *cancellable, ObIngestLook look,
                  ObIngestDone done, gpointer user_data, GError **error)
{
  if (!has_room (ingest, error))
    return FALSE;
  push (ingest, &(Task){ .fd = fd,
                         .expected_sha256 = g_strdup (expected_sha256),
                         .cancellable = g_object_ref (cancellable),
                         .look = look,
                         .done = done,
                         .user_data = user_data });

  return TRUE;
}
