/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox-witness, as the service manager has it: the socket is there before the program, and stays when that dies. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _TestWitness TestWitness;

/* Whether one was built, and a process can have a user namespace here: the test has it in WITNESS. */
gboolean test_witness_is_possible (void);

/* Its socket is in the folder. */
TestWitness *test_witness_start (const char *folder);

/* With SIGKILL: who asks waits until there is one again. */
void test_witness_kill (TestWitness *witness);
void test_witness_restart (TestWitness *witness);

/* Ends it and its socket, which nobody then answers at. */
void test_witness_free (TestWitness *witness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestWitness, test_witness_free)

const char *test_witness_get_path (TestWitness *witness);

G_END_DECLS
