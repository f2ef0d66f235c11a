/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that a test hands over. Main thread.
 */
#include "support/files.h"

#include <glib/gstdio.h>
#include <utime.h>

#define BUFFER_BYTES (256 * 1024)
/* In the summer of 2021. */
#define MADE_AT 1625000000

char *
test_file_digest (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guchar *buffer = g_malloc (BUFFER_BYTES);
  g_autoptr (GError) error = NULL;
  gssize got;

  stream = G_INPUT_STREAM (g_file_read (file, NULL, &error));
  g_assert_no_error (error);
  while ((got = g_input_stream_read (stream, buffer, BUFFER_BYTES, NULL, &error)) > 0)
    g_checksum_update (checksum, buffer, got);
  g_assert_no_error (error);

  return g_strdup (g_checksum_get_string (checksum));
}

TestFile *
test_file_new (char *path, const char *media_type)
{
  TestFile *file = g_new0 (TestFile, 1);
  g_autoptr (GDateTime) modified = NULL;
  GStatBuf info;

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  file->path = path;
  file->name = g_path_get_basename (path);
  file->media_type = g_strdup (media_type);
  modified = g_date_time_new_from_unix_utc (info.st_mtime);
  file->modified_at = g_date_time_format (modified, "%Y-%m-%dT%H:%M:%S");
  file->size_bytes = (guint64) info.st_size;
  file->sha256 = test_file_digest (path);

  return file;
}

void
test_file_free (TestFile *file)
{
  g_free (file->path);
  g_free (file->name);
  g_free (file->media_type);
  g_free (file->sha256);
  g_free (file->modified_at);
  g_clear_pointer (&file->metadata, g_variant_unref);
  g_free (file->group);
  g_free (file->id);
  g_free (file);
}

TestFile *
test_file_make (TestBroker *broker, const char *name, gsize size_bytes, guint seed)
{
  char *path = test_broker_make_file (broker, name, size_bytes, seed);
  struct utimbuf times = { MADE_AT, MADE_AT + seed };

  g_assert_cmpint (g_utime (path, &times), ==, 0);

  return test_file_new (path, "image/jpeg");
}

void
test_file_submit (TestFile *file, TestBroker *broker)
{
  g_autoptr (GError) error = NULL;
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (file->metadata)
    g_variant_builder_add (&options, "{sv}", "metadata", file->metadata);
  if (file->group)
    g_variant_builder_add (&options, "{sv}", "group", g_variant_new_string (file->group));
  file->id = test_broker_submit (broker, file->path, g_variant_builder_end (&options), &error);
  g_assert_no_error (error);
}
