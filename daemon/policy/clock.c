/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The clock's interface and the real clock. Owns a kernel timer, unset while there is no alarm, which counts through sleep
 * and tells when the wall clock is set. Main thread.
 */
#include "policy/clock.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* More than this the kernel does not count. */
#define LATEST_MS (G_GINT64_CONSTANT (32503680000) * 1000)

G_DEFINE_INTERFACE (ObClock, ob_clock, G_TYPE_OBJECT)

static void
ob_clock_default_init (ObClockInterface *iface)
{
}

gint64
ob_clock_get_now_ms (ObClock *self)
{
  return OB_CLOCK_GET_IFACE (self)->get_now_ms (self);
}

gint64
ob_clock_get_boot_ms (ObClock *self)
{
  return OB_CLOCK_GET_IFACE (self)->get_boot_ms (self);
}

void
ob_clock_set_alarm (ObClock *self, gint64 at_ms, GSourceFunc on_alarm, gpointer user_data)
{
  OB_CLOCK_GET_IFACE (self)->set_alarm (self, at_ms, on_alarm, user_data);
}

struct _ObSystemClock
{
  GObject parent_instance;

  int timer;
  guint source;
  GSourceFunc on_alarm;
  gpointer user_data;
};

static void ob_system_clock_clock_init (ObClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ObSystemClock, ob_system_clock, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OB_TYPE_CLOCK, ob_system_clock_clock_init))

static gint64
ob_system_clock_get_now_ms (ObClock *clock)
{
  return g_get_real_time () / 1000;
}

static gint64
ob_system_clock_get_boot_ms (ObClock *clock)
{
  struct timespec now;

  if (clock_gettime (CLOCK_BOOTTIME, &now) != 0)
    return g_get_monotonic_time () / 1000;

  return (gint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
set_timer (ObSystemClock *self, gint64 at_ms)
{
  const struct itimerspec spec = { .it_value = { at_ms / 1000, at_ms % 1000 * 1000000 } };

  if (timerfd_settime (self->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL) != 0)
    g_error ("The timer cannot be set: %s", g_strerror (errno));
}

/* The alarm's time has come, or (ECANCELED) the wall clock was set. */
static gboolean
on_timer (int fd, GIOCondition condition, gpointer data)
{
  ObSystemClock *self = data;
  GSourceFunc on_alarm = self->on_alarm;
  guint64 expirations;

  if (read (fd, &expirations, sizeof expirations) < 0 && errno != ECANCELED)
    return G_SOURCE_CONTINUE;
  set_timer (self, 0);
  self->on_alarm = NULL;
  if (on_alarm)
    (void) on_alarm (self->user_data);

  return G_SOURCE_CONTINUE;
}

static void
ob_system_clock_set_alarm (ObClock *clock, gint64 at_ms, GSourceFunc on_alarm, gpointer user_data)
{
  ObSystemClock *self = OB_SYSTEM_CLOCK (clock);

  self->on_alarm = at_ms > 0 ? on_alarm : NULL;
  self->user_data = user_data;
  set_timer (self, CLAMP (at_ms, 0, LATEST_MS));
}

static void
ob_system_clock_finalize (GObject *object)
{
  ObSystemClock *self = OB_SYSTEM_CLOCK (object);

  g_clear_handle_id (&self->source, g_source_remove);
  (void) close (self->timer);
  G_OBJECT_CLASS (ob_system_clock_parent_class)->finalize (object);
}

static void
ob_system_clock_clock_init (ObClockInterface *iface)
{
  iface->get_now_ms = ob_system_clock_get_now_ms;
  iface->get_boot_ms = ob_system_clock_get_boot_ms;
  iface->set_alarm = ob_system_clock_set_alarm;
}

static void
ob_system_clock_class_init (ObSystemClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_system_clock_finalize;
}

static void
ob_system_clock_init (ObSystemClock *self)
{
  self->timer = timerfd_create (CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (self->timer < 0)
    g_error ("The kernel has no timer: %s", g_strerror (errno));
  self->source = g_unix_fd_add (self->timer, G_IO_IN, on_timer, self);
}

ObClock *
ob_system_clock_new (void)
{
  return g_object_new (OB_TYPE_SYSTEM_CLOCK, NULL);
}
