/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes cursors. Pure.
 */
#include "ipc/cursor.h"

#include "dbus/error.h"

#include <string.h>

static gboolean
refuse (GError **error, const char *option)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: not one that was given out", option);

  return FALSE;
}

/* Digits alone: GLib's parser accepts a sign and skips a vertical tab. */
static gboolean
read_number (const char *text, gsize length, gint64 *number)
{
  g_autofree char *digits = g_strndup (text, length);

  return length > 0 && strspn (digits, "0123456789") == length
         && g_ascii_string_to_signed (digits, 10, 0, G_MAXINT64, number, NULL);
}

gboolean
ob_cursor_read_sequence (const char *text, gint64 *epoch, gint64 *number, GError **error)
{
  const char *dash = strchr (text, '-');

  if (dash && read_number (text, (gsize) (dash - text), epoch) && read_number (dash + 1, strlen (dash + 1), number))
    return TRUE;

  return refuse (error, "after");
}

gboolean
ob_cursor_read_upload (const char *text, gint64 *after, GError **error)
{
  *after = 0;
  if (*text == '\0' || read_number (text, strlen (text), after))
    return TRUE;

  return refuse (error, "cursor");
}

char *
ob_cursor_dup_upload (gint64 after)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, after);
}

char *
ob_cursor_dup_group (const char *app, const char *key)
{
  return g_strconcat (app, "/", key, NULL);
}

gboolean
ob_cursor_read_group (const char *text, char **app, const char **key, GError **error)
{
  const char *slash = strchr (text, '/');

  *app = NULL;
  *key = NULL;
  if (*text == '\0')
    return TRUE;
  if (!slash)
    return refuse (error, "cursor");
  *app = g_strndup (text, (gsize) (slash - text));
  *key = slash + 1;

  return TRUE;
}
