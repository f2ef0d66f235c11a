/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of a folder that the service manager has made for this process. Main thread.
 */
#include "store/unit-secrets.h"

#include "base/files.h"
#include "base/secret.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <glib/gstdio.h>
#include <string.h>

#define PREFIX "outbox."

/* Returns: (transfer full) (nullable) */
static char *
dup_path (const char *destination)
{
  const char *folder = g_getenv ("CREDENTIALS_DIRECTORY");
  g_autofree char *name = g_strconcat (PREFIX, destination, NULL);

  return folder && g_path_is_absolute (folder) ? g_build_filename (folder, name, NULL) : NULL;
}

gboolean
ob_unit_secret_exists (const char *destination)
{
  g_autofree char *path = dup_path (destination);

  return path && g_access (path, F_OK) == 0;
}

ObSignIn *
ob_unit_secret_read (const char *destination, GError **error)
{
  g_autofree char *path = dup_path (destination);
  ObSignIn *sign_in = NULL;
  gsize size_bytes = 0;
  char *text;

  if (!ob_unit_secret_exists (destination))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, S_ ("There is no credential for %s"), destination);
      return NULL;
    }
  text = ob_file_read_own (path, OB_SIGN_IN_MOST_BYTES, &size_bytes, error);
  if (text)
    sign_in = ob_sign_in_read_bound (text, size_bytes, error);
  ob_secret_free (text);

  return sign_in;
}
