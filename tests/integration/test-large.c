/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file of 5 GiB, nearly all of it a hole, into a receiver that only digests: it arrives, and it blocks nobody.
 */
#include "support/broker.h"
#include "support/document.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define LARGE_BYTES (G_GINT64_CONSTANT (5) * 1024 * 1024 * 1024)
/* Of LARGE_BYTES zeros with "outbox" at each of large_marks: sha256sum says so. */
#define LARGE_SHA256 "6aa99bc85cb6bf6b05b84b333a663f742117cf2b1f799e15d9798eb2c97625ef"

static const off_t large_marks[] = { 0, 1024, 2684354560, 5368708096 };

typedef struct
{
  gboolean is_answered;
  char *id;
} Answer;

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_autoptr (GError) error = NULL;

  (void) outbox_dbus_uploads_call_submit_finish (OUTBOX_DBUS_UPLOADS (source), &answer->id, NULL, result, &error);
  g_assert_no_error (error);
  answer->is_answered = TRUE;
}

static void
begin_large_submit (TestBroker *broker, Answer *answer)
{
  g_autofree char *path = g_build_filename (broker->folder, "large.mp4", NULL);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (ftruncate (fd, LARGE_BYTES), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (large_marks); i++)
    g_assert_cmpint (pwrite (fd, "outbox", 6, large_marks[i]), ==, 6);
  g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, 0);
  (void) close (fd);
  outbox_dbus_uploads_call_submit (broker->uploads, g_variant_new_handle (0), g_variant_new ("a{sv}", NULL), fds, NULL,
                                   on_submitted, answer);
}

static gboolean
is_answered (gpointer data)
{
  return ((Answer *) data)->is_answered;
}

static JsonObject *
find_at_receiver (JsonNode *facts, const char *id)
{
  JsonArray *uploads = json_object_get_array_member (json_node_get_object (facts), "uploads");

  for (guint i = 0; i < json_array_get_length (uploads); i++)
    {
      JsonObject *upload = json_array_get_object_element (uploads, i);

      if (g_str_equal (json_object_get_string_member (upload, "key"), id))
        return upload;
    }
  g_assert_not_reached ();
}

static gboolean
is_one_done (gpointer data)
{
  return test_broker_count (data, "done") == 1;
}

static void
test_five_gibibytes (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autofree char *small_path = test_broker_make_file (broker, "IMG_0001.jpg", 100000, 1);
  g_autofree char *small_id = NULL;
  g_autofree char *confirm_url = NULL;
  g_autoptr (GVariant) document = NULL;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (JsonNode) facts = NULL;
  g_autoptr (GError) error = NULL;
  Answer answer = { 0 };

  broker->peer = test_peer_start_receiver ("--discard", NULL);
  test_peer_control (broker->peer, "{\"fault\":\"checksum\",\"on\":false}");
  confirm_url = test_peer_dup_url (broker->peer, "/confirm?id={id}&sha256={sha256}");
  test_broker_set_destination (broker, test_peer_get_url (broker->peer), confirm_url);

  begin_large_submit (broker, &answer);
  /* It blocks nobody: another file is saved and sent, and the list is read, before this one is saved. */
  small_id = test_broker_submit (broker, small_path, NULL, &error);
  g_assert_no_error (error);
  list = test_broker_list (broker);
  g_assert_cmpuint (g_variant_n_children (list), ==, 2);
  test_wait_until (is_one_done, broker, 20);
  g_assert_false (answer.is_answered);

  test_wait_until (is_answered, &answer, 60);
  test_broker_wait_for_all (broker, "done", 60);
  document = test_broker_get (broker, answer.id);
  g_assert_cmpstr (test_document_get_text (document, "sha256"), ==, LARGE_SHA256);
  facts = test_peer_describe (broker->peer);
  g_assert_cmpstr (json_object_get_string_member (find_at_receiver (facts, answer.id), "sha256"), ==, LARGE_SHA256);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (facts), "body_bytes"), ==, LARGE_BYTES + 100000);
  g_free (answer.id);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/large/5-GiB-block-nobody", test_five_gibibytes);

  return g_test_run ();
}
