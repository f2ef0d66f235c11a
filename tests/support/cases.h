/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests at servers of several kinds: each thing that happens is tried at each of them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @kind: which server. @data: what happens there, where the function tries several things. Both are static. */
typedef void (*TestCaseFunc) (gconstpointer kind, gconstpointer data);

/* Adds the test GROUP/KIND_NAME/NAME. */
void test_add_case (const char *group, const char *kind_name, const char *name, TestCaseFunc run, gconstpointer kind,
                    gconstpointer data);

G_END_DECLS
