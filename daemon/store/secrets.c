/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets as files of mode 0600 in a folder of mode 0700, in the broker's own folder. Main thread.
 */
#include "store/secrets.h"

#include "base/files.h"
#include "base/secret.h"
#include "dbus/error.h"

#include <errno.h>
#include <glib/gstdio.h>

/* A secret is at most 64 KiB when it is given, and has names with it. */
#define MOST_BYTES (256 * 1024)

struct _ObSecrets
{
  char *data_folder;
  char *folder; /* in it */
};

ObSecrets *
ob_secrets_new (const char *data_folder)
{
  ObSecrets *self = g_new0 (ObSecrets, 1);

  self->data_folder = g_strdup (data_folder);
  self->folder = g_build_filename (data_folder, "secrets", NULL);

  return self;
}

void
ob_secrets_free (ObSecrets *self)
{
  g_free (self->data_folder);
  g_free (self->folder);
  g_free (self);
}

const char *
ob_secrets_get_data_folder (ObSecrets *self)
{
  return self->data_folder;
}

/* A destination may be called "..": its file is not. */
static char *
dup_path (ObSecrets *self, const char *name)
{
  return g_strconcat (self->folder, G_DIR_SEPARATOR_S, name, ".secret", NULL);
}

void
ob_secrets_read (ObSecrets *self, const char *name, ObSecretsRead done, gpointer user_data)
{
  g_autofree char *path = dup_path (self, name);
  g_autoptr (GError) error = NULL;
  char *secret = NULL;

  if (g_access (path, F_OK) != 0 && ob_errno_is_missing (errno))
    g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, "There is no secret for %s", name);
  else
    secret = ob_file_read_own (path, MOST_BYTES, NULL, &error);
  done (secret, error, user_data);
  ob_secret_free (secret);
}

void
ob_secrets_write (ObSecrets *self, const char *name, const char *secret, ObSecretsDone done, gpointer user_data)
{
  g_autofree char *path = dup_path (self, name);
  g_autoptr (GError) error = NULL;

  if (ob_folder_ensure (self->folder, &error))
    (void) ob_file_replace (path, secret, "secret-written", &error);
  done (error, user_data);
}

void
ob_secrets_remove (ObSecrets *self, const char *name, ObSecretsDone done, gpointer user_data)
{
  g_autofree char *path = dup_path (self, name);
  g_autoptr (GError) error = NULL;

  if (ob_file_remove (path) == 0)
    (void) ob_folder_sync (self->folder, &error);
  else if (!ob_errno_is_missing (errno))
    ob_file_set_error (&error, errno, "Cannot remove", path);
  done (error, user_data);
}
