/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of an error a caller of REST is told.
 */
#include "base/files.h"
#include "ipc/rest/reply.h"

#include <errno.h>

#define PATH "/home/somebody/.local/share/outbox/spool/4711"

/* Whatever the system says of a file, its path stays here. */
static void
test_no_path_is_told (void)
{
  const int errors[] = { EIO, ENOSPC, EDQUOT, EMFILE, ENFILE, EACCES, EROFS, ENOENT };

  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autoptr (GError) error = NULL;

      ob_file_set_error (&error, errors[i], "Cannot create %s: %s", PATH);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, PATH));
      g_assert_null (strchr (ob_reply_get_detail (error), '/'));
    }
}

static void
test_what_a_caller_can_act_on_is_told (void)
{
  const OutboxError codes[] = { OUTBOX_ERROR_TOO_MANY, OUTBOX_ERROR_INVALID_ARGUMENT, OUTBOX_ERROR_NOT_FOUND };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (OUTBOX_ERROR, codes[i], "So it is");

      g_assert_cmpstr (ob_reply_get_detail (error), ==, "So it is");
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reply/no-path-is-told", test_no_path_is_told);
  g_test_add_func ("/reply/what-a-caller-can-act-on-is-told", test_what_a_caller_can_act_on_is_told);

  return g_test_run ();
}
