/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads that look at processes. Main thread, but for look().
 */
#include "ipc/looks.h"

#include "ipc/process.h"

#include <unistd.h>

#define MOST_LOOKS 64

#define LOOK_MOST_S 10

struct _ObLooks
{
  gint *n_threads; /* shared with them: one that the kernel holds counts until it returns */
};

/* Owned by its thread, and by whoever waits. */
struct _ObLook
{
  ObLookDone done; /* NULL: nobody waits any more */
  gpointer user_data;
  guint timeout;
  guint32 pid; /* the following belong to the thread */
  int pidfd;
  gint64 connected_us;
  gint *n_threads;
  ObCaller *caller;
  GError *refusal;
};

static void
look_clear (gpointer data)
{
  ObLook *look = data;

  if (look->pidfd >= 0)
    (void) close (look->pidfd);
  g_atomic_rc_box_release (look->n_threads);
  g_clear_pointer (&look->caller, ob_caller_free);
  g_clear_error (&look->refusal);
}

static void
look_unref (ObLook *look)
{
  g_atomic_rc_box_release_full (look, look_clear);
}

/* @caller: (nullable) (transfer full) */
static void
end (ObLook *look, ObCaller *caller, const GError *error)
{
  const ObLookDone done = look->done;

  look->done = NULL;
  g_clear_handle_id (&look->timeout, g_source_remove);
  done (caller, error, look->user_data);
  look_unref (look);
}

static gboolean
on_looked (gpointer data)
{
  ObLook *look = data;

  if (look->done)
    end (look, g_steal_pointer (&look->caller), look->refusal);

  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer data)
{
  ObLook *look = data;

  look->caller = ob_process_identify (look->pid, look->pidfd, look->connected_us, &look->refusal);
  g_atomic_int_add (look->n_threads, -1);
  (void) g_idle_add_full (G_PRIORITY_DEFAULT, on_looked, look, (GDestroyNotify) look_unref);

  return NULL;
}

/* The thread lives on until the kernel returns, and still counts. */
static gboolean
on_late (gpointer data)
{
  ObLook *look = data;
  g_autoptr (GError) error = NULL;

  look->timeout = 0;
  ob_caller_set_unknown (&error, "its process cannot be looked at");
  end (look, NULL, error);

  return G_SOURCE_REMOVE;
}

static gboolean
start_thread (ObLook *look)
{
  GThread *thread;

  if (g_atomic_int_get (look->n_threads) >= MOST_LOOKS)
    return FALSE;
  g_atomic_int_inc (look->n_threads);
  thread = g_thread_try_new ("caller", run, g_atomic_rc_box_acquire (look), NULL);
  if (thread)
    {
      g_thread_unref (thread);
      return TRUE;
    }
  g_atomic_int_add (look->n_threads, -1);
  look_unref (look);

  return FALSE;
}

ObLook *
ob_looks_begin (ObLooks *looks, guint32 pid, int pidfd, gint64 connected_us, ObLookDone done, gpointer user_data,
                GError **error)
{
  ObLook *look = g_atomic_rc_box_new0 (ObLook);

  look->done = done;
  look->user_data = user_data;
  look->pid = pid;
  look->pidfd = pidfd;
  look->connected_us = connected_us;
  look->n_threads = g_atomic_rc_box_acquire (looks->n_threads);
  if (start_thread (look))
    {
      look->timeout = g_timeout_add_seconds (LOOK_MOST_S, on_late, look);
      return look;
    }
  ob_caller_set_unknown (error, "too many are asked for");
  look_unref (look);

  return NULL;
}

void
ob_look_cancel (ObLook *look)
{
  look->done = NULL;
  g_clear_handle_id (&look->timeout, g_source_remove);
  look_unref (look);
}

ObLooks *
ob_looks_new (void)
{
  ObLooks *looks = g_new0 (ObLooks, 1);

  looks->n_threads = g_atomic_rc_box_new0 (gint);

  return looks;
}

void
ob_looks_free (ObLooks *looks)
{
  g_atomic_rc_box_release (looks->n_threads);
  g_free (looks);
}
