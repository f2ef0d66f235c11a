/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A real GNOME Shell without a screen, on the bus of a test's broker, with the indicator; and a person before it. Main thread.
 */
#pragma once

#include "support/broker.h"

G_BEGIN_DECLS

typedef struct _TestGnomeShell TestGnomeShell;

/* Returns: the version that is installed here; 0: none */
guint test_gnome_shell_get_version (void);

/* Returns when it has started up, which it says, and the indicator is enabled. @language: as LANGUAGE has it; NULL: English. */
TestGnomeShell *test_gnome_shell_start (TestBroker *broker, const char *language);
void test_gnome_shell_free (TestGnomeShell *shell);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestGnomeShell, test_gnome_shell_free)

/* Evaluates JavaScript in it. Returns: (transfer full): its value as JSON; an error fails the test */
char *test_gnome_shell_eval (TestGnomeShell *shell, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Waits until the value is true. */
void test_gnome_shell_wait (TestGnomeShell *shell, const char *condition, guint most_s);

/* Waits until one of the menu's buttons has that text, and clicks it; and clicks the indicator's toggle. */
void test_gnome_shell_click (TestGnomeShell *shell, const char *button);
void test_gnome_shell_click_toggle (TestGnomeShell *shell);

/* Writes a PNG. */
void test_gnome_shell_take_picture (TestGnomeShell *shell, const char *path);

/* Returns: what its scripts hold, in bytes, when nothing is left to be collected */
guint64 test_gnome_shell_count_held (TestGnomeShell *shell);

/* Returns: its resident memory that no file backs; and the processor's time that it has used */
guint64 test_gnome_shell_get_memory (TestGnomeShell *shell);
gint64 test_gnome_shell_get_cpu_ms (TestGnomeShell *shell);

/* Fails the test if the shell has complained of the indicator, or of any script. */
void test_gnome_shell_assert_is_content (TestGnomeShell *shell);

G_END_DECLS
