/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A cancellable that can be asked before it is cancelled. Any thread.
 */
#include "transfer/stop.h"

struct _ObStop
{
  GCancellable parent_instance;

  gint is_asked; /* atomic, as is the next */
  gint is_parking;
};

G_DEFINE_FINAL_TYPE (ObStop, ob_stop, G_TYPE_CANCELLABLE)

static void
ob_stop_init (ObStop *self)
{
}

static void
ob_stop_class_init (ObStopClass *klass)
{
}

ObStop *
ob_stop_new (void)
{
  return g_object_new (OB_TYPE_STOP, NULL);
}

static gboolean
on_patience_over (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

void
ob_stop_ask (ObStop *stop, ObStopKind kind)
{
  gboolean is_first = g_atomic_int_compare_and_exchange (&stop->is_asked, FALSE, TRUE);

  g_atomic_int_set (&stop->is_parking, kind == OB_STOP_PARK);
  if (kind == OB_STOP_NOW || kind == OB_STOP_PARK)
    g_cancellable_cancel (G_CANCELLABLE (stop));
  else if (is_first)
    g_timeout_add_full (G_PRIORITY_DEFAULT, kind == OB_STOP_SOON ? OB_STOP_SOON_MS : OB_STOP_PATIENCE_MS,
                        on_patience_over, g_object_ref (stop), g_object_unref);
}

gboolean
ob_stop_is_asked (ObStop *stop)
{
  return stop && (g_atomic_int_get (&stop->is_asked) || g_cancellable_is_cancelled (G_CANCELLABLE (stop)));
}

gboolean
ob_stop_is_parking (ObStop *stop)
{
  return g_atomic_int_get (&stop->is_parking);
}

void
ob_stop_rest (GCancellable *stop, gint64 delay_ms)
{
  GPollFD cancelled = { .fd = -1 };

  if (stop && g_cancellable_make_pollfd (stop, &cancelled))
    {
      (void) g_poll (&cancelled, 1, (gint) MIN (delay_ms, G_MAXINT));
      g_cancellable_release_fd (stop);
    }
  else
    g_usleep ((gulong) delay_ms * 1000);
}
