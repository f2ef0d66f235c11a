/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A clock whose time moves only when the test says so. Main thread.
 */
#pragma once

#include "policy/clock.h"

G_BEGIN_DECLS

#define TEST_TYPE_CLOCK (test_clock_get_type ())
G_DECLARE_FINAL_TYPE (TestClock, test_clock, TEST, CLOCK, GObject)

TestClock *test_clock_new (gint64 now_ms);

/* Lets time pass: the alarm rings if its time has come. */
void test_clock_advance (TestClock *clock, gint64 delay_ms);

/* Somebody sets the clock: the alarm rings, whatever its time is. */
void test_clock_set (TestClock *clock, gint64 now_ms);

/* Returns: the time of the alarm, or 0. */
gint64 test_clock_get_alarm_ms (TestClock *clock);

G_END_DECLS
