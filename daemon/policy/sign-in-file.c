/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the key files of token commands and certificates. Pure.
 */
#include "policy/sign-in-file.h"

#include "base/fetch.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <errno.h>
#include <string.h>

#define COMMAND "token-command"
#define CERTIFICATE "certificate"
#define KEY "key"
#define PKCS11 "pkcs11:"

static gboolean
set_fault (GError **error, const char *path, const char *fault)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: %s", path, fault);

  return FALSE;
}

/* Returns: (transfer full) (nullable): what is in the file, which need not be there */
static GKeyFile *
load (const ObFetched *file, GError **error)
{
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) fault = NULL;

  if (!file->text && file->error != ENOENT)
    (void) set_fault (error, file->path, g_strerror (file->error));
  else if (file->size_bytes > 0
           && !g_key_file_load_from_data (keys, file->text, file->size_bytes, G_KEY_FILE_NONE, &fault))
    (void) set_fault (error, file->path, fault->message);
  else
    return g_steal_pointer (&keys);

  return NULL;
}

static void
set_none (GError **error, const char *key, const char *destination)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, S_ ("No %s has a %s for %s"), OB_SIGN_IN_FILE, key,
               destination);
}

/* --- Commands --- */

/* @argv: (inout): replaced if the file has a command for it */
static gboolean
read_command (const ObFetched *file, const char *destination, GStrv *argv, GError **error)
{
  g_autoptr (GKeyFile) keys = load (file, error);
  g_autoptr (GError) fault = NULL;
  g_auto (GStrv) words = NULL;

  if (!keys)
    return FALSE;
  if (!g_key_file_has_key (keys, destination, COMMAND, NULL))
    return TRUE;
  words = g_key_file_get_string_list (keys, destination, COMMAND, NULL, &fault);
  if (fault)
    return set_fault (error, file->path, fault->message);
  if (!words[0] || !g_path_is_absolute (words[0]))
    return set_fault (error, file->path, S_ ("token-command: begins with no absolute path of a program"));
  g_strfreev (*argv);
  *argv = g_steal_pointer (&words);

  return TRUE;
}

GStrv
ob_sign_in_file_find (GPtrArray *texts, const char *destination, GError **error)
{
  g_auto (GStrv) argv = NULL;

  for (guint i = 0; i < texts->len; i++)
    if (!read_command (texts->pdata[i], destination, &argv, error))
      return NULL;
  if (!argv)
    set_none (error, COMMAND, destination);

  return g_steal_pointer (&argv);
}

/* --- Certificates --- */

void
ob_certificate_paths_free (ObCertificatePaths *paths)
{
  g_free (paths->certificate);
  g_free (paths->key);
  g_free (paths);
}

/* A key on a card or in a chip is named by a URI (RFC 7512), for which there is no code. */
static gboolean
check_path (const ObFetched *file, const char *path, GError **error)
{
  if (g_ascii_strncasecmp (path, PKCS11, strlen (PKCS11)) == 0)
    return set_fault (error, file->path, S_ ("a certificate on a card (pkcs11:) cannot be used: name PEM files"));
  if (!g_path_is_absolute (path) || g_str_has_suffix (path, "/"))
    return set_fault (error, file->path, S_ ("certificate and key are absolute paths of files"));

  return TRUE;
}

/* @paths: (inout): replaced if the file has a certificate for it */
static gboolean
read_certificate (const ObFetched *file, const char *destination, ObCertificatePaths **paths, GError **error)
{
  g_autoptr (GKeyFile) keys = load (file, error);
  g_autoptr (ObCertificatePaths) read = g_new0 (ObCertificatePaths, 1);

  if (!keys)
    return FALSE;
  read->certificate = g_key_file_get_string (keys, destination, CERTIFICATE, NULL);
  read->key = g_key_file_get_string (keys, destination, KEY, NULL);
  if (!read->certificate)
    return !read->key || set_fault (error, file->path, S_ ("key: there is no certificate beside it"));
  if (!read->key)
    read->key = g_strdup (read->certificate);
  if (!check_path (file, read->certificate, error) || !check_path (file, read->key, error))
    return FALSE;
  g_clear_pointer (paths, ob_certificate_paths_free);
  *paths = g_steal_pointer (&read);

  return TRUE;
}

ObCertificatePaths *
ob_sign_in_file_find_certificate (GPtrArray *texts, const char *destination, GError **error)
{
  g_autoptr (ObCertificatePaths) paths = NULL;

  for (guint i = 0; i < texts->len; i++)
    if (!read_certificate (texts->pdata[i], destination, &paths, error))
      return NULL;
  if (!paths)
    set_none (error, CERTIFICATE, destination);

  return g_steal_pointer (&paths);
}
