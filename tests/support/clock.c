/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fake clock. Main thread.
 */
#include "support/clock.h"

struct _TestClock
{
  GObject parent_instance;

  gint64 now_ms;
  gint64 boot_ms;
  gint64 at_ms;
  GSourceFunc on_alarm;
  gpointer user_data;
};

static void test_clock_clock_init (ObClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestClock, test_clock, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OB_TYPE_CLOCK, test_clock_clock_init))

static gint64
test_clock_get_now_ms (ObClock *clock)
{
  return TEST_CLOCK (clock)->now_ms;
}

static gint64
test_clock_get_boot_ms (ObClock *clock)
{
  return TEST_CLOCK (clock)->boot_ms;
}

static void
test_clock_set_alarm (ObClock *clock, gint64 at_ms, GSourceFunc on_alarm, gpointer user_data)
{
  TestClock *self = TEST_CLOCK (clock);

  self->at_ms = at_ms;
  self->on_alarm = on_alarm;
  self->user_data = user_data;
}

static void
ring (TestClock *self)
{
  self->at_ms = 0;
  (void) self->on_alarm (self->user_data);
}

void
test_clock_advance (TestClock *self, gint64 delay_ms)
{
  self->now_ms += delay_ms;
  self->boot_ms += delay_ms;
  if (self->at_ms > 0 && self->at_ms <= self->now_ms)
    ring (self);
}

void
test_clock_set (TestClock *self, gint64 now_ms)
{
  self->now_ms = now_ms;
  if (self->at_ms > 0)
    ring (self);
}

gint64
test_clock_get_alarm_ms (TestClock *self)
{
  return self->at_ms;
}

static void
test_clock_clock_init (ObClockInterface *iface)
{
  iface->get_now_ms = test_clock_get_now_ms;
  iface->get_boot_ms = test_clock_get_boot_ms;
  iface->set_alarm = test_clock_set_alarm;
}

static void
test_clock_class_init (TestClockClass *klass)
{
}

static void
test_clock_init (TestClock *self)
{
}

TestClock *
test_clock_new (gint64 now_ms)
{
  TestClock *clock = g_object_new (TEST_TYPE_CLOCK, NULL);

  clock->now_ms = now_ms;

  return clock;
}
