/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * VACUUM for the database, and a search for bytes in what SQLite may not be able to read.
 */
#include "store/scrub.h"

#include "base/files.h"
#include "base/json.h"
#include "base/secret.h"
#include "dbus/mark.h"
#include "model/header.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define ASIDE "queue.db.damaged-"

/* Shorter ones are part of anything. */
#define LEAST_BYTES 4
#define LEAST_PART_BYTES 8

#define PART_BYTES (1024 * 1024)

gboolean
ob_scrub_database (ObDatabase *database, GError **error)
{
  return ob_database_run (database, "PRAGMA secure_delete = ON; VACUUM; PRAGMA wal_checkpoint (TRUNCATE);", error);
}

/* --- What a database that was set aside has itself --- */

static void
add_secret (GPtrArray *secrets, const char *text, gsize length)
{
  if (length >= LEAST_BYTES)
    g_ptr_array_add (secrets, g_strndup (text, length));
}

void
ob_scrub_add (GPtrArray *secrets, const char *value)
{
  add_secret (secrets, value, strlen (value));
  while (*value)
    {
      gsize length = strcspn (value, " ;,=");

      if (length >= LEAST_PART_BYTES)
        add_secret (secrets, value, length);
      value += length + (value[length] != '\0');
    }
}

static void
add_header (JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  const char *value = ob_json_get_text (object, name);

  if (value && ob_header_is_credential (name))
    ob_scrub_add (user_data, value);
}

static void
add_headers (GPtrArray *secrets, const char *json)
{
  g_autoptr (JsonNode) root = json ? ob_json_parse (json, strlen (json), NULL) : NULL;

  if (root && JSON_NODE_HOLDS_OBJECT (root))
    json_object_foreach_member (json_node_get_object (root), add_header, secrets);
}

/* The password alone: a name may be a word. */
static void
add_userinfo (GPtrArray *secrets, const char *url)
{
  const char *begin = url ? strstr (url, "://") : NULL;
  gsize length = begin ? strcspn (begin + 3, "/?#") : 0;
  const char *at = begin ? g_strrstr_len (begin + 3, (gssize) length, "@") : NULL;
  const char *colon = at ? memchr (begin + 3, ':', (gsize) (at - begin - 3)) : NULL;

  if (colon)
    add_secret (secrets, colon + 1, (gsize) (at - colon - 1));
}

static void
add_own (const char *path, GPtrArray *secrets)
{
  sqlite3 *handle = NULL;
  sqlite3_stmt *statement = NULL;

  if (sqlite3_open_v2 (path, &handle, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
      && sqlite3_prepare_v2 (handle, "SELECT headers, url, confirm_url FROM destinations", -1, &statement, NULL)
             == SQLITE_OK)
    while (sqlite3_step (statement) == SQLITE_ROW)
      {
        add_headers (secrets, (const char *) sqlite3_column_text (statement, 0));
        add_userinfo (secrets, (const char *) sqlite3_column_text (statement, 1));
        add_userinfo (secrets, (const char *) sqlite3_column_text (statement, 2));
      }
  (void) sqlite3_finalize (statement);
  (void) sqlite3_close (handle);
}

/* --- In their bytes --- */

/* Overwrites what it finds in the bytes. Returns: whether there was any */
static gboolean
mask (char *bytes, gsize size_bytes, const char *secret)
{
  const gsize length = strlen (secret);
  gboolean is_found = FALSE;
  char *found;

  while ((found = memmem (bytes, size_bytes, secret, length)))
    {
      memset (found, '*', length);
      size_bytes -= (gsize) (found + length - bytes);
      bytes = found + length;
      is_found = TRUE;
    }

  return is_found;
}

static gsize
find_longest (GPtrArray *secrets)
{
  gsize longest = 0;

  for (guint i = 0; i < secrets->len; i++)
    longest = MAX (longest, strlen (secrets->pdata[i]));

  return longest;
}

/* Each part begins a secret's length before the end of the last one, so that none lies between two. */
static gboolean
scrub_file (int fd, const char *path, GPtrArray *secrets, GError **error)
{
  const gsize longest = find_longest (secrets);
  g_autofree char *bytes = g_malloc (PART_BYTES + longest);
  off_t at = 0;
  gssize got;

  while ((got = pread (fd, bytes, PART_BYTES + longest, at)) > 0)
    {
      gboolean is_found = FALSE;

      for (guint i = 0; i < secrets->len; i++)
        is_found |= mask (bytes, (gsize) got, secrets->pdata[i]);
      if (is_found && pwrite (fd, bytes, (gsize) got, at) != got)
        {
          ob_file_set_error (error, EIO, S_ ("Cannot overwrite secrets in %s: %s"), path);
          return FALSE;
        }
      if ((gsize) got < PART_BYTES + longest)
        break;
      at += PART_BYTES;
    }
  explicit_bzero (bytes, PART_BYTES + longest);

  return TRUE;
}

static void
scrub_path (const char *path, GPtrArray *secrets)
{
  int fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  g_autoptr (GError) error = NULL;

  if (fd < 0)
    ob_file_set_error (&error, errno, S_ ("Cannot open %s: %s"), path);
  else if (scrub_file (fd, path, secrets, &error) && fsync (fd) != 0)
    ob_file_set_error (&error, errno, S_ ("Cannot sync %s: %s"), path);
  if (error)
    g_warning ("Secrets may still be in a database that was set aside: %s", error->message);
  if (fd >= 0)
    (void) close (fd);
}

typedef struct
{
  char *folder;
  GPtrArray *secrets;
} Scrub;

static gpointer
scrub_all (gpointer data)
{
  Scrub *scrub = data;
  g_autoptr (GDir) dir = g_dir_open (scrub->folder, 0, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, ASIDE))
      g_ptr_array_add (paths, g_build_filename (scrub->folder, name, NULL));
  for (guint i = 0; i < paths->len; i++)
    add_own (paths->pdata[i], scrub->secrets);
  for (guint i = 0; scrub->secrets->len > 0 && i < paths->len; i++)
    scrub_path (paths->pdata[i], scrub->secrets);
  g_ptr_array_unref (scrub->secrets);
  g_free (scrub->folder);
  g_free (scrub);

  return NULL;
}

void
ob_scrub_asides (const char *data_folder, GPtrArray *secrets)
{
  Scrub *scrub = g_new (Scrub, 1);

  *scrub = (Scrub){ g_strdup (data_folder), secrets };
  g_thread_unref (g_thread_new ("scrub", scrub_all, scrub));
}
