/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls of an app that records, and its process. Main thread.
 */
#include "recorder.h"

#include "dbus/error.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- Calls --- */

char *
recorder_create (TestBroker *broker, GVariant *options, int *fd, GError **error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) place = NULL;
  char *id = NULL;

  *fd = -1;
  if (!outbox_dbus_uploads_call_create_sync (broker->uploads, options, NULL, &id, &place, &fds, NULL, error))
    return NULL;
  *fd = g_unix_fd_list_get (fds, g_variant_get_handle (place), error);
  g_assert_cmpint (*fd, >=, 0);
  g_assert_cmpint (fcntl (*fd, F_SETFD, FD_CLOEXEC), ==, 0);

  return id;
}

char *
recorder_create_named (TestBroker *broker, const char *name, int *fd)
{
  g_autofree char *options = g_strdup_printf ("{'name': <'%s'>}", name);
  g_autoptr (GError) error = NULL;
  char *id = recorder_create (broker, g_variant_new_parsed (options), fd, &error);

  g_assert_no_error (error);

  return id;
}

void
recorder_commit (TestBroker *broker, const char *id, const char *sha256, int code)
{
  GVariantDict options;
  g_autoptr (GError) error = NULL;

  g_variant_dict_init (&options, NULL);
  if (sha256)
    g_variant_dict_insert (&options, "sha256", "s", sha256);
  (void) outbox_dbus_uploads_call_commit_sync (broker->uploads, id, g_variant_dict_end (&options), NULL, &error);
  if (code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, OUTBOX_ERROR, code);
}

char *
recorder_dup_text (TestBroker *broker, const char *id, const char *name)
{
  g_autoptr (GVariant) document = test_broker_get (broker, id);
  char *text = NULL;

  (void) g_variant_lookup (document, name, "s", &text);

  return text;
}

/* What is told of one that is saving: its reason, and whether a person is needed. */
typedef struct
{
  TestBroker *broker;
  const char *id;
  const char *reason;
} Told;

static gboolean
is_told (gpointer data)
{
  const Told *told = data;
  g_autoptr (GVariant) document = test_broker_get (told->broker, told->id);
  g_autofree const char **reasons = NULL;
  gboolean needs_user = FALSE;

  (void) g_variant_lookup (document, "reasons", "^a&s", &reasons);
  (void) g_variant_lookup (document, "needs_user", "b", &needs_user);

  return reasons && g_strv_length ((char **) reasons) == 1 && g_str_equal (reasons[0], told->reason)
         && needs_user == g_str_equal (told->reason, "unfinished");
}

void
recorder_wait_until_told (TestBroker *broker, const char *id, const char *reason)
{
  Told told = { broker, id, reason };
  g_autofree char *state = NULL;

  test_wait_until (is_told, &told, 20);
  state = recorder_dup_text (broker, id, "state");
  g_assert_cmpstr (state, ==, "saving");
}

/* --- The process, which writes a chunk for each byte that it is sent --- */

static void
fill_chunk (guint8 *chunk, gsize chunk_bytes, guint number)
{
  for (gsize i = 0; i < chunk_bytes; i++)
    chunk[i] = (guint8) ((i >> 8) * 7 + i + number * 13);
}

static void
run_recorder (int fd, int orders, int reports, gsize chunk_bytes)
{
  g_autofree guint8 *chunk = g_malloc (chunk_bytes);
  guint number = 0;
  char order;

  while (read (orders, &order, 1) == 1)
    {
      fill_chunk (chunk, chunk_bytes, number++);
      for (gsize done = 0; done < chunk_bytes;)
        {
          gssize written = write (fd, chunk + done, chunk_bytes - done);

          if (written < 0)
            _exit (1);
          done += (gsize) written;
        }
      if (write (reports, &order, 1) != 1)
        _exit (1);
    }
  _exit (0);
}

Recorder
recorder_start (int fd, gsize chunk_bytes)
{
  int orders[2], reports[2];
  Recorder recorder;

  g_assert_cmpint (pipe2 (orders, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (reports, O_CLOEXEC), ==, 0);
  recorder.pid = fork ();
  g_assert_cmpint (recorder.pid, >=, 0);
  if (recorder.pid == 0)
    {
      (void) close (orders[1]);
      (void) close (reports[0]);
      run_recorder (fd, orders[0], reports[1], chunk_bytes);
    }
  (void) close (orders[0]);
  (void) close (reports[1]);
  (void) close (fd);
  recorder.orders = orders[1];
  recorder.reports = reports[0];

  return recorder;
}

void
recorder_record_chunk (Recorder *recorder)
{
  char report;

  g_assert_cmpint (write (recorder->orders, "x", 1), ==, 1);
  g_assert_cmpint (read (recorder->reports, &report, 1), ==, 1);
}

void
recorder_end (Recorder *recorder, gboolean is_killed)
{
  int status;

  if (is_killed)
    g_assert_cmpint (kill (recorder->pid, SIGKILL), ==, 0);
  (void) close (recorder->orders);
  g_assert_cmpint (waitpid (recorder->pid, &status, 0), ==, recorder->pid);
  g_assert_true (is_killed ? WIFSIGNALED (status) : WIFEXITED (status) && WEXITSTATUS (status) == 0);
  (void) close (recorder->reports);
}

char *
recorder_digest_chunks (gsize chunk_bytes, guint n_chunks)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *chunk = g_malloc (chunk_bytes);

  for (guint i = 0; i < n_chunks; i++)
    {
      fill_chunk (chunk, chunk_bytes, i);
      g_checksum_update (checksum, chunk, (gssize) chunk_bytes);
    }

  return g_strdup (g_checksum_get_string (checksum));
}

void
recorder_assert_arrived (TestBroker *broker, const char *id, const char *sha256, guint64 size_bytes)
{
  g_autofree char *found = NULL;
  g_autoptr (GVariant) document = NULL;
  guint64 size = 0;

  test_broker_wait_for_all (broker, "done", 120);
  document = test_broker_get (broker, id);
  g_assert_true (g_variant_lookup (document, "size", "t", &size));
  g_assert_cmpuint (size, ==, size_bytes);
  found = recorder_dup_text (broker, id, "sha256");
  g_assert_cmpstr (found, ==, sha256);
}
