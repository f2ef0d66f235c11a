/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two numbers: how often the brake was put on, and up to which of these the main thread has had the news. Any thread.
 */
#include "base/brake.h"

static GMutex lock; /* guards changes of the two, which may be read without it */
static GCond changed;
static guint put_on;
static guint let_go;

gboolean
ob_brake_is_on (void)
{
  return __atomic_load_n (&put_on, __ATOMIC_ACQUIRE) != __atomic_load_n (&let_go, __ATOMIC_ACQUIRE);
}

static gboolean
on_news_was_heard (gpointer number)
{
  g_mutex_lock (&lock);
  __atomic_store_n (&let_go, GPOINTER_TO_UINT (number), __ATOMIC_RELEASE);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);

  return G_SOURCE_REMOVE;
}

/* The main loop runs sources in the order in which they were added: this one was added before the news, the next one
 * after it. */
static gboolean
on_news_is_next (gpointer number)
{
  (void) g_idle_add_full (G_PRIORITY_DEFAULT, on_news_was_heard, number, NULL);

  return G_SOURCE_REMOVE;
}

void
ob_brake_put_on (void)
{
  guint number;

  g_mutex_lock (&lock);
  number = put_on + 1;
  __atomic_store_n (&put_on, number, __ATOMIC_RELEASE);
  (void) g_idle_add_full (G_PRIORITY_DEFAULT, on_news_is_next, GUINT_TO_POINTER (number), NULL);
  g_mutex_unlock (&lock);
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_mutex_lock (&lock);
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

void
ob_brake_wait (GCancellable *cancellable)
{
  gulong handler;

  if (!ob_brake_is_on ())
    return;
  handler = cancellable ? g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), NULL, NULL) : 0;
  g_mutex_lock (&lock);
  while (ob_brake_is_on () && !g_cancellable_is_cancelled (cancellable))
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
  g_cancellable_disconnect (cancellable, handler);
}
