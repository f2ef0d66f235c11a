/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that is not there says nothing; one that cannot be read is an error, since it may forbid something.
 */
#include "policy/rules-reading.h"

#include "base/files.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "policy/rules-file.h"

#include <errno.h>
#include <string.h>

static void
init (ObRulesReading *reading)
{
  reading->rules = ob_rules_new ();
  reading->files = g_ptr_array_new_with_free_func (g_free);
  reading->checksum = g_checksum_new (G_CHECKSUM_SHA256);
}

void
ob_rules_reading_clear (ObRulesReading *reading)
{
  g_clear_pointer (&reading->rules, ob_rules_unref);
  g_clear_pointer (&reading->files, g_ptr_array_unref);
  g_clear_pointer (&reading->checksum, g_checksum_free);
}

static gboolean
add_text (ObRulesReading *reading, const char *path, const char *text, gsize size_bytes, GError **error)
{
  g_checksum_update (reading->checksum, (const guchar *) path, (gssize) strlen (path) + 1);
  g_checksum_update (reading->checksum, (const guchar *) text, (gssize) size_bytes);
  g_ptr_array_add (reading->files, g_strdup (path));

  return ob_rules_read (reading->rules, text, size_bytes, path, error);
}

/* Returns: whether the file was read, or is not there */
static gboolean
is_readable (const ObFetched *file, GError **error)
{
  if (file->error == EFBIG)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("%s: not a file of at most 1 MiB"),
                 file->path);
  else if (file->error != 0 && file->error != ENOENT)
    ob_file_set_error (error, file->error, S_ ("Cannot read %s: %s"), file->path);

  return file->error == 0 || file->error == ENOENT;
}

gboolean
ob_rules_reading_take (ObRulesReading *reading, GPtrArray *texts, const char *own_file, const char *own_text,
                       guint *bad, GError **error)
{
  init (reading);
  for (*bad = 0; *bad < texts->len; (*bad)++)
    {
      const ObFetched *file = texts->pdata[*bad];
      gboolean is_own = own_text && g_str_equal (file->path, own_file);
      const char *text = is_own ? own_text : file->text;

      if (!is_own && !is_readable (file, error))
        return FALSE;
      if (text && !add_text (reading, file->path, text, is_own ? strlen (text) : file->size_bytes, error))
        return FALSE;
    }

  return TRUE;
}
