/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the key files of the administrator's destinations. Files with one mistake are worth nothing: what was meant is not known. Pure.
 */
#include "policy/destinations-file.h"

#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/destination.h"

#include <errno.h>
#include <string.h>

#define PREFIX "Destination "

void
ob_provided_free (ObProvided *provided)
{
  g_free (provided->name);
  g_free (provided->protocol);
  g_free (provided->url);
  g_free (provided->confirm_url);
  g_free (provided->amend_url);
  g_free (provided->receipt);
  g_strfreev (provided->also);
  g_free (provided->place);
  g_free (provided);
}

/* --- Lines --- */

/* Returns: the number of the line that begins with @begin, after line @after; 0: there is none */
static guint
find_line (const char *text, const char *begin, guint after)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = after; lines[i]; i++)
    if (g_str_has_prefix (g_strchug (lines[i]), begin))
      return i + 1;

  return 0;
}

/* Returns: (transfer full): such as /etc/outbox/destinations.conf:7. @key: (nullable) */
static char *
dup_place (const ObFetched *file, const char *group, const char *key)
{
  g_autofree char *heading = g_strdup_printf ("[%s]", group);
  const guint at = find_line (file->text, heading, 0);
  const guint of_key = key ? find_line (file->text, key, at) : 0;

  return g_strdup_printf ("%s:%u", file->path, of_key > 0 ? of_key : at);
}

/* Returns: the first line that a key file cannot have */
static guint
find_bad_line (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i]; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (*line != '\0' && *line != '#' && *line != '[' && !strchr (line, '='))
        return i + 1;
    }

  return 1;
}

/* Returns: %FALSE, so that a check can end with it */
static gboolean
refuse (const ObFetched *file, const char *group, const char *key, const char *what, GError **error)
{
  g_autofree char *place = dup_place (file, group, key);

  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: [%s] %s%s%s", place, group, key ? key : "",
               key ? ": " : "", what);

  return FALSE;
}

/* --- A file --- */

/* Returns: (transfer full) (nullable): the text; %NULL if it does not count. Errors: NotAllowed, InvalidArgument. */
static GKeyFile *
load (const ObFetched *file, GError **error)
{
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) fault = NULL;

  if (!file->text)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: %s", file->path, g_strerror (file->error));
  else if (!file->is_roots)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED,
                 S_ ("%s: does not count, since others than root may write it, or in its folder"), file->path);
  else if (!g_utf8_validate_len (file->text, file->size_bytes, NULL))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("%s: not a text in UTF-8"), file->path);
  else if (!g_key_file_load_from_data (keys, file->text, file->size_bytes, G_KEY_FILE_NONE, &fault))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s:%u: %s", file->path,
                 find_bad_line (file->text), fault->message);
  else
    return g_steal_pointer (&keys);

  return NULL;
}

/* Reads a value into @provided. Returns: (nullable): what a value has to be */
typedef const char *(*Reader) (ObProvided *provided, const char *value);

static const char *
set (char **field, const char *value)
{
  g_free (*field);
  *field = g_strdup (value);

  return NULL;
}

static const char *
read_protocol (ObProvided *provided, const char *value)
{
  return *value ? set (&provided->protocol, value) : S_ ("a protocol, such as tus");
}

static const char *
read_url (ObProvided *provided, const char *value)
{
  return set (&provided->url, value);
}

static const char *
read_confirm_url (ObProvided *provided, const char *value)
{
  return set (&provided->confirm_url, value);
}

static const char *
read_amend_url (ObProvided *provided, const char *value)
{
  return set (&provided->amend_url, value);
}

static const char *
read_receipt (ObProvided *provided, const char *value)
{
  return set (&provided->receipt, value);
}

static const char *
read_also (ObProvided *provided, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) urls = g_strv_builder_new ();

  for (guint i = 0; parts[i]; i++)
    if (*g_strstrip (parts[i]))
      g_strv_builder_add (urls, parts[i]);
  g_strfreev (provided->also);
  provided->also = g_strv_builder_end (urls);

  return NULL;
}

static const char *
read_default (ObProvided *provided, const char *value)
{
  provided->is_default = g_str_equal (value, "true");

  return provided->is_default || g_str_equal (value, "false") ? NULL : S_ ("true or false");
}

static const char *
read_sign_in (ObProvided *provided, const char *value)
{
  provided->has_command = g_str_equal (value, "command");

  return provided->has_command || !*value
             ? NULL
             : S_ ("command, or nothing: a secret comes as a credential of the service's unit");
}

static const struct
{
  const char *key;
  Reader read;
} readers[] = {
  { "protocol", read_protocol },   { "url", read_url },         { "confirm-url", read_confirm_url },
  { "amend-url", read_amend_url }, { "receipt", read_receipt }, { "also", read_also },
  { "default", read_default },     { "sign-in", read_sign_in },
};

static gboolean
read_key (const ObFetched *file, GKeyFile *keys, const char *group, const char *key, ObProvided *provided,
          GError **error)
{
  g_autofree char *value = g_key_file_get_string (keys, group, key, NULL);
  const char *wanted = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
    if (g_str_equal (readers[i].key, key))
      {
        wanted = value ? readers[i].read (provided, g_strstrip (value)) : "a text";
        return !wanted || refuse (file, group, key, wanted, error);
      }

  return refuse (file, group, key, S_ ("there is no such key"), error);
}

static ObProvided *
find_or_add (GPtrArray *all, const char *name)
{
  ObProvided *provided;

  for (guint i = 0; i < all->len; i++)
    if (g_str_equal (((const ObProvided *) all->pdata[i])->name, name))
      return all->pdata[i];
  provided = g_new0 (ObProvided, 1);
  provided->name = g_strdup (name);
  provided->url = g_strdup ("");
  provided->confirm_url = g_strdup ("");
  provided->amend_url = g_strdup ("");
  provided->receipt = g_strdup ("");
  provided->also = g_new0 (char *, 1);
  g_ptr_array_add (all, provided);

  return provided;
}

static gboolean
read_group (const ObFetched *file, GKeyFile *keys, const char *group, GPtrArray *all, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (keys, group, NULL, NULL);
  const char *name = g_str_has_prefix (group, PREFIX) ? group + strlen (PREFIX) : "";
  ObProvided *provided;

  if (!ob_destination_is_name (name))
    return refuse (
        file, group, NULL,
        S_ ("is no group of this file, which has [Destination NAME]; a name has 1 to 64 letters, digits, '-', "
            "'_' and '.'"),
        error);
  provided = find_or_add (all, name);
  g_free (provided->place);
  provided->place = dup_place (file, group, NULL);
  for (guint i = 0; names && names[i]; i++)
    if (!read_key (file, keys, group, names[i], provided, error))
      return FALSE;

  return TRUE;
}

static gboolean
read_file (const ObFetched *file, GPtrArray *all, GError **error)
{
  g_autoptr (GKeyFile) keys = NULL;
  g_auto (GStrv) groups = NULL;

  if (file->error == ENOENT)
    return TRUE;
  keys = load (file, error);
  groups = keys ? g_key_file_get_groups (keys, NULL) : NULL;
  for (guint i = 0; groups && groups[i]; i++)
    if (!read_group (file, keys, groups[i], all, error))
      return FALSE;

  return keys != NULL;
}

GPtrArray *
ob_destinations_file_read (GPtrArray *files, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_provided_free);
  const ObProvided *first = NULL;

  for (guint i = 0; i < files->len; i++)
    if (!read_file (files->pdata[i], all, error))
      return NULL;
  for (guint i = 0; i < all->len; i++)
    {
      const ObProvided *provided = all->pdata[i];

      if (provided->is_default && first)
        {
          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                       S_ ("%s: [Destination %s] default: %s is the default already"), provided->place, provided->name,
                       first->name);
          return NULL;
        }
      if (provided->is_default)
        first = provided;
    }

  return g_steal_pointer (&all);
}
