/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks at the data folder and the files of the configuration, and changes nothing unless it is to mend. Main thread.
 */
#include "examination.h"

#include "base/disk.h"
#include "base/mounts.h"
#include "ipc/kiosk.h"
#include "policy/configuration.h"
#include "policy/destinations-file.h"
#include "store/copy.h"
#include "store/integrity.h"
#include "store/marks.h"
#include "store/only-read.h"
#include "store/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CHECK_MOST_MS 10000
#define LISTS_MOST_BYTES (8 * 1024 * 1024)
#define LISTS_MOST_US (3 * G_USEC_PER_SEC)

/* Enough to see that there are such files. */
#define FILES_MOST 20000

/* --- The folder --- */

static void
add_number (GVariantDict *dict, const char *name, guint64 number)
{
  g_variant_dict_insert (dict, name, "t", number);
}

static void
add_flag (GVariantDict *dict, const char *name, gboolean is_true)
{
  g_variant_dict_insert (dict, name, "b", is_true);
}

/* The disk can be one of its own for the spool alone. */
static void
add_disk (GVariantDict *dict, int fd)
{
  int spool = openat (fd, "spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int there = spool >= 0 ? spool : fd;
  g_autofree char *type = ob_mounts_dup_type (there);
  struct statvfs disk;

  if (type)
    g_variant_dict_insert (dict, "file_system", "s", type);
  add_flag (dict, "in_memory", ob_disk_is_in_memory (fd) || ob_disk_is_in_memory (there));
  add_flag (dict, "remote", ob_mounts_may_hang (fd) || ob_mounts_may_hang (there));
  if (fstatvfs (there, &disk) == 0)
    {
      const guint64 free_bytes = (guint64) disk.f_bavail * disk.f_frsize;

      add_flag (dict, "read_only", (disk.f_flag & ST_RDONLY) != 0);
      add_number (dict, "free", free_bytes);
      add_number (dict, "size", (guint64) disk.f_blocks * disk.f_frsize);
      add_flag (dict, "has_room", free_bytes > 2 * OB_COPY_RESERVE_BYTES);
    }
  if (spool >= 0)
    (void) close (spool);
}

/* What is found in the folder and those in it. */
typedef struct
{
  guint64 n_files;
  guint64 n_foreign;
  guint64 n_closed;
  guint64 n_mended;
  guint64 n_copies;
  guint64 n_asides;
  guint64 asides_bytes;
  gboolean is_to_mend;
} Files;

static void
look_at (Files *files, int folder, const char *name)
{
  struct stat info;
  mode_t needed;

  if (fstatat (folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !(S_ISREG (info.st_mode) || S_ISDIR (info.st_mode)))
    return;
  needed = S_ISDIR (info.st_mode) ? 0700 : 0600;
  files->n_files++;
  files->n_foreign += info.st_uid != geteuid ();
  if (info.st_uid == geteuid () && (info.st_mode & needed) != needed)
    {
      files->n_closed++;
      files->n_mended += files->is_to_mend && fchmodat (folder, name, (info.st_mode & 07777) | needed, 0) == 0;
    }
  if (g_str_has_prefix (name, "queue.db.damaged-"))
    {
      files->n_asides += !g_str_has_suffix (name, "-wal") && !g_str_has_suffix (name, "-shm");
      files->asides_bytes += (guint64) info.st_size;
    }
}

static void
look_into (Files *files, const char *path, gboolean is_spool)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  int fd = folder ? open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  const char *name;

  while (fd >= 0 && (name = g_dir_read_name (folder)))
    {
      files->n_copies += is_spool && !strchr (name, '.');
      if (files->n_files < FILES_MOST)
        look_at (files, fd, name);
    }
  if (fd >= 0)
    (void) close (fd);
}

static void
look_into_all (Files *files, const char *data_folder)
{
  static const char *const folders[] = { "spool", "partial", "incoming" };

  look_into (files, data_folder, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename (data_folder, folders[i], NULL);

      look_into (files, path, i == 0);
    }
}

/* --- The queue's file --- */

/* Returns: the lock of the folder, which no outboxd has now; -1 where one has it. Nothing is made: without a file there was none. */
static int
take_lock (int folder, gboolean *is_in_use)
{
  int fd = openat (folder, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  *is_in_use = fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;

  return fd;
}

static void
let_go (int lock)
{
  if (lock >= 0)
    (void) close (lock);
}

/* Returns: whether it is known how the file is. @words: (out) (transfer full): what is wrong with it */
static gboolean
check_database (const char *path, sqlite3 *handle, char **words)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  ObIntegrity integrity;

  *words = NULL;
  if (ob_mark_is_set (path, "in-use") && g_access (log, F_OK) != 0)
    {
      *words = g_strdup ("the log of its last transactions is gone");
      return TRUE;
    }
  if (ob_mark_is_set (path, "bad"))
    {
      *words = g_strdup ("an earlier query found it so");
      return TRUE;
    }
  integrity = handle ? ob_integrity_check (handle, CHECK_MOST_MS, NULL, words) : OB_INTEGRITY_UNKNOWN;

  return integrity != OB_INTEGRITY_UNKNOWN;
}

static void
add_unfinished (GVariantDict *dict, sqlite3 *handle)
{
  gint64 n, bytes;

  if (ob_pages_ask (handle, "SELECT count (*) FROM uploads WHERE state <> 5", &n)
      && ob_pages_ask (handle, "SELECT CAST (total (size) AS INTEGER) FROM uploads WHERE state <> 5", &bytes))
    {
      add_number (dict, "unfinished", (guint64) n);
      add_number (dict, "unfinished_bytes", (guint64) bytes);
    }
}

static GVariant *
examine_database (const char *path, gboolean is_in_use)
{
  GVariantDict dict;
  struct stat info;
  sqlite3 *handle = NULL;
  g_autofree char *words = NULL;
  gboolean is_checked = FALSE;

  g_variant_dict_init (&dict, NULL);
  add_flag (&dict, "there", stat (path, &info) == 0);
  if (stat (path, &info) == 0)
    add_number (&dict, "size", (guint64) info.st_size);
  if (!is_in_use && stat (path, &info) == 0)
    {
      handle = ob_only_read_open (path);
      is_checked = check_database (path, handle, &words);
      add_flag (&dict, "unclean", ob_mark_is_set (path, "in-use"));
    }
  add_flag (&dict, "checked", is_checked);
  add_flag (&dict, "good", is_checked && !words);
  if (words)
    g_variant_dict_insert (&dict, "words", "s", words);
  if (handle && !words)
    add_unfinished (&dict, handle);
  (void) sqlite3_close_v2 (handle);

  return g_variant_dict_end (&dict);
}

/* --- The files of the configuration --- */

static void
on_lists (GBytes *answer, gpointer user_data)
{
  *(GBytes **) user_data = answer ? g_bytes_ref (answer) : NULL;
}

static gboolean
check_web_apps (GPtrArray *files, GError **error)
{
  for (guint i = 0; i < files->len; i++)
    if (!ob_kiosk_check (files->pdata[i], error))
      return FALSE;

  return TRUE;
}

static gboolean
check_destinations (GPtrArray *files, GError **error)
{
  g_autoptr (GPtrArray) provided = ob_destinations_file_read (files, error);

  return provided != NULL;
}

/* @name: of a file of the vendor's and the administrator's folders; @has_more: also of its folder NAME.d. Returns: (transfer full) (nullable):
 * what is wrong with it */
static char *
dup_list_problem (const char *const *folders, const char *name, gboolean has_more,
                  gboolean (*check) (GPtrArray *files, GError **error))
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) paths = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ObErrand) errand = NULL;
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GPtrArray) texts = NULL;

  for (; folders[0] && folders[1]; folders++)
    {
      g_autofree char *path = g_build_filename (*folders, name, NULL);
      g_autofree char *more = g_strconcat (path, ".d/", NULL);

      g_strv_builder_add (builder, path);
      if (has_more)
        g_strv_builder_add (builder, more);
    }
  paths = g_strv_builder_end (builder);
  errand = ob_fetch_start ((const char *const *) paths, &error);
  if (!errand)
    return g_strdup (error->message);
  ob_errand_collect (errand, LISTS_MOST_BYTES, on_lists, &answer);
  if (!ob_errand_wait (errand, g_get_monotonic_time () + LISTS_MOST_US))
    return g_strconcat (name, " does not answer", NULL);
  texts = ob_fetch_parse ((const char *const *) paths, answer);

  return texts && !check (texts, &error) ? g_strdup (error->message) : NULL;
}

static void
add_text (GVariantDict *dict, const char *name, const char *text)
{
  if (text)
    g_variant_dict_insert (dict, name, "s", text);
}

static void
add_configuration (GVariantDict *dict)
{
  g_auto (GStrv) folders = ob_configuration_list_folders ();
  g_autoptr (GError) error = NULL;
  g_autoptr (ObConfiguration) configuration = ob_configuration_new ((const char *const *) folders, NULL, &error);
  g_autofree char *problem = configuration ? ob_configuration_dup_problem (configuration) : g_strdup (error->message);
  g_autofree char *web_apps = dup_list_problem ((const char *const *) folders, OB_KIOSK_FILE, FALSE, check_web_apps);
  g_autofree char *destinations
      = dup_list_problem ((const char *const *) folders, OB_DESTINATIONS_FILE, TRUE, check_destinations);

  add_text (dict, "rules_problem", problem);
  add_text (dict, "web_apps_problem", web_apps);
  add_text (dict, "destinations_problem", destinations);
  if (configuration)
    ob_configuration_stop (configuration);
}

/* --- All of it --- */

static void
add_folder (GVariantDict *dict, const char *data_folder, int fd)
{
  g_autofree char *database = g_build_filename (data_folder, "queue.db", NULL);
  Files files = { 0 };
  gboolean is_in_use;
  int lock = take_lock (fd, &is_in_use);
  struct stat info;

  look_into_all (&files, data_folder);
  add_disk (dict, fd);
  add_flag (dict, "in_use", is_in_use);
  add_number (dict, "foreign", files.n_foreign + (fstat (fd, &info) == 0 && info.st_uid != geteuid ()));
  add_number (dict, "closed", files.n_closed);
  add_flag (dict, "open_to_others", fstat (fd, &info) == 0 && (info.st_mode & 077) != 0);
  add_number (dict, "copies", files.n_copies);
  add_number (dict, "asides", files.n_asides);
  add_number (dict, "asides_size", files.asides_bytes);
  g_variant_dict_insert_value (dict, "database", examine_database (database, is_in_use));
  let_go (lock);
}

GVariant *
ob_examine (const char *data_folder)
{
  GVariantDict dict;
  int fd = open (data_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "folder", "s", data_folder);
  add_flag (&dict, "missing", fd < 0 && errno == ENOENT);
  if (fd < 0 && errno != ENOENT)
    g_variant_dict_insert (&dict, "error", "s", g_strerror (errno));
  if (fd >= 0)
    {
      add_folder (&dict, data_folder, fd);
      (void) close (fd);
    }
  add_configuration (&dict);

  return g_variant_dict_end (&dict);
}

/* Returns: whether the file is damaged, and is marked so now */
static gboolean
mend_database (const char *path)
{
  sqlite3 *handle = g_access (path, F_OK) == 0 ? ob_only_read_open (path) : NULL;
  g_autofree char *words = NULL;
  const gboolean is_bad = handle && check_database (path, handle, &words) && words;

  (void) sqlite3_close_v2 (handle);

  return is_bad && ob_mark_set (path, "bad", NULL);
}

GVariant *
ob_mend (const char *data_folder)
{
  g_autofree char *database = g_build_filename (data_folder, "queue.db", NULL);
  GVariantDict dict;
  Files files = { .is_to_mend = TRUE };
  gboolean is_in_use = FALSE;
  struct stat info;
  int fd, lock;

  /* A folder that its owner cannot read cannot be opened to be mended. */
  if (stat (data_folder, &info) == 0 && info.st_uid == geteuid () && (info.st_mode & 0777) != 0700)
    files.n_mended += chmod (data_folder, 0700) == 0;
  fd = open (data_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_variant_dict_init (&dict, NULL);
  if (fd >= 0)
    {
      look_into_all (&files, data_folder);
      lock = take_lock (fd, &is_in_use);
      add_flag (&dict, "database", !is_in_use && mend_database (database));
      let_go (lock);
      (void) close (fd);
    }
  add_number (&dict, "access", files.n_mended);

  return g_variant_dict_end (&dict);
}
