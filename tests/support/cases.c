/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a test of GLib has is one pointer: these are three.
 */
#include "support/cases.h"

typedef struct
{
  TestCaseFunc run;
  gconstpointer kind;
  gconstpointer data;
} Case;

static void
run_case (gconstpointer data)
{
  const Case *one = data;

  one->run (one->kind, one->data);
}

void
test_add_case (const char *group, const char *kind_name, const char *name, TestCaseFunc run, gconstpointer kind,
               gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("%s/%s/%s", group, kind_name, name);
  Case *one = g_new0 (Case, 1);

  *one = (Case){ run, kind, data };
  g_test_add_data_func_full (path, one, run_case, g_free);
}
