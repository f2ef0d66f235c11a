/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the key files of token commands. Pure.
 */
#include "policy/sign-in-file.h"

#include "base/fetch.h"
#include "dbus/error.h"

#include <errno.h>

#define KEY "token-command"

static gboolean
set_fault (GError **error, const char *path, const char *fault)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: %s", path, fault);

  return FALSE;
}

/* @argv: (inout): replaced if the file has a command for it */
static gboolean
read_one (const ObFetched *file, const char *destination, GStrv *argv, GError **error)
{
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) fault = NULL;
  g_auto (GStrv) words = NULL;

  if (file->error == ENOENT)
    return TRUE;
  if (!file->text)
    return set_fault (error, file->path, g_strerror (file->error));
  if (file->size_bytes > 0 && !g_key_file_load_from_data (keys, file->text, file->size_bytes, G_KEY_FILE_NONE, &fault))
    return set_fault (error, file->path, fault->message);
  if (!g_key_file_has_key (keys, destination, KEY, NULL))
    return TRUE;
  words = g_key_file_get_string_list (keys, destination, KEY, NULL, &fault);
  if (fault)
    return set_fault (error, file->path, fault->message);
  if (!words[0] || !g_path_is_absolute (words[0]))
    return set_fault (error, file->path, KEY ": begins with no absolute path of a program");
  g_strfreev (*argv);
  *argv = g_steal_pointer (&words);

  return TRUE;
}

GStrv
ob_sign_in_file_find (GPtrArray *texts, const char *destination, GError **error)
{
  g_auto (GStrv) argv = NULL;

  for (guint i = 0; i < texts->len; i++)
    if (!read_one (texts->pdata[i], destination, &argv, error))
      return NULL;
  if (!argv)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, "No " OB_SIGN_IN_FILE " has a " KEY " for %s",
                 destination);

  return g_steal_pointer (&argv);
}
