/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Time as an outside fact: a real clock, and a fake for tests, whose time moves only when the test says so. Main thread.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define OB_TYPE_CLOCK (ob_clock_get_type ())
G_DECLARE_INTERFACE (ObClock, ob_clock, OB, CLOCK, GObject)

struct _ObClockInterface
{
  GTypeInterface parent;

  gint64 (*get_now_ms) (ObClock *self);
  gint64 (*get_boot_ms) (ObClock *self);
  void (*set_alarm) (ObClock *self, gint64 at_ms, GSourceFunc on_alarm, gpointer user_data);
};

/* Returns: Unix milliseconds */
gint64 ob_clock_get_now_ms (ObClock *self);

/* Returns: milliseconds since the device started, sleep included. Nobody can set it, so that its distance to
 * ob_clock_get_now_ms() changes only when the wall clock is set. */
gint64 ob_clock_get_boot_ms (ObClock *self);

/* There is one alarm: setting it replaces the last one, and 0 clears it. @on_alarm is called once, at the time or when
 * the wall clock is set before; what it returns does not matter. */
void ob_clock_set_alarm (ObClock *self, gint64 at_ms, GSourceFunc on_alarm, gpointer user_data);

#define OB_TYPE_SYSTEM_CLOCK (ob_system_clock_get_type ())
G_DECLARE_FINAL_TYPE (ObSystemClock, ob_system_clock, OB, SYSTEM_CLOCK, GObject)

ObClock *ob_system_clock_new (void);

G_END_DECLS
