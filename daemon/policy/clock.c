/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The clock's interface and the real one. Owns one timer, and none while no alarm is set. Main thread.
 */
#include "policy/clock.h"

/* A wall clock that is set, or a sleep, moves an alarm by no more than this. */
#define LONGEST_TIMER_MS (15 * 60 * 1000)

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

void
ob_clock_set_alarm (ObClock *self, gint64 at_ms, GSourceFunc on_alarm, gpointer user_data)
{
  OB_CLOCK_GET_IFACE (self)->set_alarm (self, at_ms, on_alarm, user_data);
}

struct _ObSystemClock
{
  GObject parent_instance;

  guint timer;
  gint64 at_ms;
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

static void start_timer (ObSystemClock *self);

static gboolean
on_timer (gpointer data)
{
  ObSystemClock *self = data;

  self->timer = 0;
  if (ob_system_clock_get_now_ms (OB_CLOCK (self)) < self->at_ms)
    start_timer (self);
  else
    (void) self->on_alarm (self->user_data);

  return G_SOURCE_REMOVE;
}

static void
start_timer (ObSystemClock *self)
{
  gint64 delay_ms = CLAMP (self->at_ms - ob_system_clock_get_now_ms (OB_CLOCK (self)), 0, LONGEST_TIMER_MS);

  self->timer = g_timeout_add ((guint) delay_ms, on_timer, self);
}

static void
ob_system_clock_set_alarm (ObClock *clock, gint64 at_ms, GSourceFunc on_alarm, gpointer user_data)
{
  ObSystemClock *self = OB_SYSTEM_CLOCK (clock);

  g_clear_handle_id (&self->timer, g_source_remove);
  self->at_ms = at_ms;
  self->on_alarm = on_alarm;
  self->user_data = user_data;
  if (at_ms > 0)
    start_timer (self);
}

static void
ob_system_clock_finalize (GObject *object)
{
  ObSystemClock *self = OB_SYSTEM_CLOCK (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  G_OBJECT_CLASS (ob_system_clock_parent_class)->finalize (object);
}

static void
ob_system_clock_clock_init (ObClockInterface *iface)
{
  iface->get_now_ms = ob_system_clock_get_now_ms;
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
}

ObClock *
ob_system_clock_new (void)
{
  return g_object_new (OB_TYPE_SYSTEM_CLOCK, NULL);
}
