/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-fill DATA-FOLDER DESTINATION N paused|ready: a queue of N uploads, made by the store's own statements in a few transactions,
 * and a file and a record in the spool for each. The destination is new, at an address that nobody has. The
 * files are links to a few: a start reads the folder, not them, and a disk need not have a block for each. Main thread.
 */
#include "base/files.h"
#include "base/identity.h"
#include "store/destinations.h"
#include "store/journal.h"
#include "store/uploads.h"

#include <errno.h>
#include <unistd.h>

#define SIZE_BYTES 1024
#define ROWS_A_COMMIT 50000

/* RFC 5737: an address for documentation, which leads nowhere. */
#define NOWHERE_URL "http://192.0.2.1/files/"

static ObUpload *
make_upload (const char *destination, gint64 now_ms, guint number)
{
  ObUpload *upload = ob_upload_new ();

  upload->id = ob_id_new (now_ms);
  upload->app = g_strdup ("bench-camera");
  upload->name = g_strdup_printf ("IMG_%07u.jpg", number);
  upload->media_type = g_strdup ("image/jpeg");
  upload->sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, upload->name, -1);
  upload->destination = g_strdup (destination);
  upload->rule = g_strdup ("default");
  upload->size_bytes = SIZE_BYTES;
  upload->created_at_ms = upload->updated_at_ms = now_ms;

  return upload;
}

/* As a Submit leaves it: two journal rows, and the row. */
static gboolean
add_row (ObDatabase *database, ObUpload *upload, GError **error)
{
  upload->sequence = ob_journal_append (database, upload->created_at_ms, upload, "added", upload->stored,
                                        OUTBOX_REASON_NONE, NULL, error);
  if (upload->sequence == 0 || !ob_uploads_insert (database, upload, error))
    return FALSE;
  upload->has_local_copy = TRUE;
  upload->saved_at_ms = upload->progress_at_ms = upload->created_at_ms;

  return ob_journal_move (database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, NULL, upload->saved_at_ms, error);
}

/* An inode takes a bounded number of names (65,000 on ext4): then the next begins. */
static gboolean
add_file (const char *folder, const char *id, const char *suffix, char **model, GError **error)
{
  g_autofree char *path = g_strconcat (folder, G_DIR_SEPARATOR_S, id, suffix, NULL);
  g_autofree char *text = NULL;

  if (*model && link (*model, path) == 0)
    return TRUE;
  if (*model && errno != EMLINK)
    {
      ob_file_set_error (error, errno, "Cannot link %s: %s", path);
      return FALSE;
    }
  g_free (*model);
  *model = g_strdup (path);
  text = g_strnfill (SIZE_BYTES, 'x');

  return g_file_set_contents (path, text, SIZE_BYTES, error);
}

static gboolean
save_destination (ObDatabase *database, const char *name, gboolean is_paused, GError **error)
{
  g_autoptr (ObDestination) destination = ob_destination_new (name);

  g_free (destination->url);
  destination->url = g_strdup (NOWHERE_URL);
  destination->is_default = TRUE;
  destination->is_paused = is_paused;

  return ob_destinations_save (database, destination, error);
}

static gboolean
fill (ObDatabase *database, const char *spool, const char *destination, guint n_uploads, GError **error)
{
  g_autofree char *bytes_model = NULL;
  g_autofree char *record_model = NULL;
  gint64 now_ms = g_get_real_time () / 1000;

  if (!ob_database_run (database, "BEGIN", error))
    return FALSE;
  for (guint i = 0; i < n_uploads; i++)
    {
      g_autoptr (ObUpload) upload = make_upload (destination, now_ms, i);

      if (!add_row (database, upload, error) || !add_file (spool, upload->id, "", &bytes_model, error)
          || !add_file (spool, upload->id, ".json", &record_model, error))
        return FALSE;
      if (i % ROWS_A_COMMIT == ROWS_A_COMMIT - 1 && !ob_database_run (database, "COMMIT; BEGIN", error))
        return FALSE;
    }

  return ob_database_run (database, "COMMIT; PRAGMA wal_checkpoint (TRUNCATE)", error);
}

int
main (int argc, char *argv[])
{
  g_autoptr (ObDatabase) database = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *spool = NULL;
  gboolean was_rebuilt;
  guint64 n_uploads;

  if (argc != 5 || !g_ascii_string_to_unsigned (argv[3], 10, 0, G_MAXUINT, &n_uploads, NULL))
    {
      g_printerr ("usage: bench-fill DATA-FOLDER DESTINATION N paused|ready\n");
      return 2;
    }
  spool = g_build_filename (argv[1], "spool", NULL);
  if (ob_folder_ensure (spool, &error))
    database = ob_database_open (argv[1], g_get_real_time () / 1000, &was_rebuilt, &error);
  if (database && save_destination (database, argv[2], g_str_equal (argv[4], "paused"), &error)
      && fill (database, spool, argv[2], (guint) n_uploads, &error))
    return 0;
  g_printerr ("bench-fill: %s\n", error->message);

  return 1;
}
