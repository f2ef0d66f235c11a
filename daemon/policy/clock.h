/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Time as an outside fact: one real clock, one fake for tests, in which time moves only when the test says so. Main
 * thread.
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

/* Unix milliseconds. */
gint64 ob_clock_get_now_ms (ObClock *self);

/* Milliseconds since the device was started, sleep included. Nobody sets it: what the two differ by changes when somebody
 * sets the other. */
gint64 ob_clock_get_boot_ms (ObClock *self);

/* There is one alarm: setting it replaces the last one, 0 takes it away. @on_alarm is called once, when the time has come
 * or when the wall clock is set before that; its result is of no interest. */
void ob_clock_set_alarm (ObClock *self, gint64 at_ms, GSourceFunc on_alarm, gpointer user_data);

#define OB_TYPE_SYSTEM_CLOCK (ob_system_clock_get_type ())
G_DECLARE_FINAL_TYPE (ObSystemClock, ob_system_clock, OB, SYSTEM_CLOCK, GObject)

ObClock *ob_system_clock_new (void);

G_END_DECLS
