/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Networks of a test's own, for which nobody need be root: the program moves itself into namespaces where it is, and makes
 * further ones for those that it talks to. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Starts the program anew in a user, a network and a mount namespace. Returns: whether it is there; FALSE: none can be had,
 * and the test is to be skipped. First thing in main(). */
gboolean test_namespace_enter (char **argv);

/* Moves the process, which must have one thread, into a user namespace in which its ids are what they were and no others are known, and into
 * those of @flags, as unshare() has them. By plain system calls: between fork and exec, too. Returns: whether it is there */
gboolean test_namespace_keep_ids (int flags);

/* A test in place of each that needs them, where none can be had. */
void test_namespace_skip (void);

/* Runs a command of the shell, which must succeed. What it prints is not shown: the output of a test has a form. */
void test_namespace_run (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Returns: a descriptor of a new network namespace with loopback up; the caller stays where it is. */
int test_namespace_add (void);

/* Moves this thread there; what it starts and opens from then on is there. Returns: a descriptor of where it was. */
int test_namespace_visit (int namespace);

/* Moves it back; closes @home. */
void test_namespace_leave (int home);

G_END_DECLS
