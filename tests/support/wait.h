/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting for an event. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Iterates the main loop until @is_true says so. Fails the test after @most_s seconds, times OUTBOX_TEST_PATIENCE where that is set,
 * with the place and the name of what was waited for. */
#define test_wait_until(is_true, ...) test_wait_until_named (G_STRLOC ": " #is_true, is_true, __VA_ARGS__)
void test_wait_until_named (const char *name, gboolean (*is_true) (gpointer), gpointer user_data, guint most_s);

/* Iterates the main loop for that long: where the time itself is what a test or a measurement is about. */
void test_wait_ms (guint ms);

/* A GAsyncReadyCallback that keeps the result, (transfer full), in a GAsyncResult * that is NULL so far; and the wait for it. */
void test_wait_on_result (GObject *source, GAsyncResult *result, gpointer user_data);
void test_wait_for_result (GAsyncResult **result, guint most_s);

G_END_DECLS
