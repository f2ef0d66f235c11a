/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/cursor: a place that comes back from a caller is one that can have been given out, or an error that names the option.
 */
#include "fuzz.h"
#include "ipc/cursor.h"

static void
check_sequence (const char *text)
{
  g_autoptr (GError) error = NULL;
  gint64 epoch = -1, number = -1;

  if (ob_cursor_read_sequence (text, &epoch, &number, &error))
    {
      g_assert_cmpint (epoch, >=, 0);
      g_assert_cmpint (number, >=, 0);
      g_assert_cmpuint (strspn (text, "0123456789-"), ==, strlen (text));
    }
  else
    g_assert_true (g_str_has_prefix (error->message, "after:"));
}

static void
check_upload (const char *text)
{
  g_autoptr (GError) error = NULL;
  gint64 after = -1;

  if (ob_cursor_read_upload (text, &after, &error))
    g_assert_cmpint (after, >=, 0);
  else
    g_assert_true (g_str_has_prefix (error->message, "cursor:"));
}

/* What was given out comes back as it was. */
static void
check_group (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *app = NULL;
  const char *key;

  if (!ob_cursor_read_group (text, &app, &key, &error))
    g_assert_true (g_str_has_prefix (error->message, "cursor:"));
  else if (app)
    {
      g_autofree char *again = ob_cursor_dup_group (app, key);

      g_assert_cmpstr (again, ==, text);
      g_assert_null (strchr (app, '/'));
    }
  else
    g_assert_cmpstr (text, ==, "");
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_dup_text (data, size);

  check_sequence (text);
  check_upload (text);
  check_group (text);

  return 0;
}
