/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the list. A list with one mistake is worth nothing: what was meant is not known. Pure.
 */
#include "ipc/kiosk.h"

#include "dbus/error.h"
#include "dbus/mark.h"
#include "ipc/pairing-origin.h"

#include <errno.h>

#define GROUP "App "

/* Returns: %FALSE, so that a check can end with it */
static gboolean
refuse (const ObFetched *file, const char *group, const char *what, GError **error)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: [%s] %s", file->path, group, what);

  return FALSE;
}

/* Returns: (transfer full) (nullable): the text; %NULL if it is no list. Errors: NotAllowed, InvalidArgument. */
static GKeyFile *
load (const ObFetched *file, GError **error)
{
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) parse_error = NULL;

  if (file->error != 0)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: %s", file->path, g_strerror (file->error));
  else if (!file->is_roots)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED,
                 S_ ("%s: does not count, since others than root may write it, or in its folder"), file->path);
  else if (!g_utf8_validate_len (file->text, file->size_bytes, NULL))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("%s: not a text in UTF-8"), file->path);
  else if (!g_key_file_load_from_data (keys, file->text, file->size_bytes, G_KEY_FILE_NONE, &parse_error))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: %s", file->path, parse_error->message);
  else
    return g_steal_pointer (&keys);

  return NULL;
}

static gboolean
check_keys (const ObFetched *file, GKeyFile *keys, const char *group, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (keys, group, NULL, NULL);

  for (guint i = 0; names && names[i]; i++)
    if (!g_str_equal (names[i], "origin") && !g_str_equal (names[i], "manage"))
      return refuse (file, group, S_ ("has origin and manage, and no other key"), error);

  return g_str_has_prefix (group, GROUP)
         || refuse (file, group, S_ ("is no group of this file, which has [App NAME]"), error);
}

/* @found: (out): the group is about that origin, and allows what it asks for */
static gboolean
read_group (const ObFetched *file, GKeyFile *keys, const char *group, const char *origin, gboolean may_manage,
            gboolean *found, GError **error)
{
  g_autofree char *told = g_key_file_get_string (keys, group, "origin", NULL);
  g_autofree char *own = told ? ob_pairing_dup_origin (told, NULL) : NULL;
  g_autoptr (GError) manage_error = NULL;
  const gboolean manages = g_key_file_get_boolean (keys, group, "manage", &manage_error);

  if (!check_keys (file, keys, group, error))
    return FALSE;
  if (!own)
    return refuse (file, group, "origin: such as https://capture.example", error);
  if (manage_error && !g_error_matches (manage_error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND))
    return refuse (file, group, S_ ("manage: true or false"), error);
  *found = g_str_equal (own, origin) && (manages || !may_manage);

  return TRUE;
}

gboolean
ob_kiosk_lists (const ObFetched *file, const char *origin, gboolean may_manage, GError **error)
{
  g_autoptr (GKeyFile) keys = file->error == ENOENT ? NULL : load (file, error);
  g_auto (GStrv) groups = keys ? g_key_file_get_groups (keys, NULL) : NULL;
  gboolean is_listed = FALSE;

  for (guint i = 0; groups && groups[i]; i++)
    {
      gboolean found = FALSE;

      if (!read_group (file, keys, groups[i], origin, may_manage, &found, error))
        return FALSE;
      is_listed |= found;
    }

  return is_listed;
}

gboolean
ob_kiosk_check (const ObFetched *file, GError **error)
{
  g_autoptr (GError) own_error = NULL;

  (void) ob_kiosk_lists (file, "https://nobody.invalid", FALSE, &own_error);
  if (!own_error)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&own_error));

  return FALSE;
}
