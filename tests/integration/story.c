/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The story of a daemon. Owns the daemon, its bus and its server.
 */
#include "story.h"

#include "support/document.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <sys/mount.h>
#include <unistd.h>

static guint64
get_position (Story *self)
{
  return test_logged_disk_get_position (self->disk);
}

static StoryEvent *
add_event (Story *self, GPtrArray *events)
{
  StoryEvent *event = g_new0 (StoryEvent, 1);

  *event = (StoryEvent){ .asked = get_position (self),
                         .answered = G_MAXUINT64,
                         .done = G_MAXUINT64,
                         .removing = G_MAXUINT64,
                         .removed = G_MAXUINT64 };
  g_ptr_array_add (events, event);

  return event;
}

static void
event_free (gpointer data)
{
  StoryEvent *event = data;

  g_free (event->id);
  g_free (event->value);
  g_free (event);
}

/* --- Files --- */

static void
remember_digest (Story *self, const char *id, const char *path)
{
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_hash_table_insert (self->digests, g_strdup (id),
                       g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) bytes, size));
}

static char *
make_file (Story *self, gsize size_bytes)
{
  const guint n = self->uploads->len;
  g_autofree char *name = g_strdup_printf ("photo-%u.jpg", n);

  return test_broker_make_file (self->broker, name, size_bytes, n + 1);
}

static StoryEvent *
submit (Story *self, gsize size_bytes, const char *group)
{
  g_autofree char *path = make_file (self, size_bytes);
  StoryEvent *event = add_event (self, self->uploads);
  g_autoptr (GError) error = NULL;
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (group)
    g_variant_builder_add (&options, "{sv}", "group", g_variant_new_string (group));
  event->id = test_broker_submit (self->broker, path, g_variant_builder_end (&options), &error);
  g_assert_no_error (error);
  event->answered = get_position (self);
  remember_digest (self, event->id, path);

  return event;
}

/* As a person does it who wants no second copy: the file is gone when the command has ended. */
static void
move (Story *self, gsize size_bytes)
{
  g_autofree char *path = make_file (self, size_bytes);
  g_autofree char *kept = g_strconcat (path, ".kept", NULL);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *words = g_strdup_printf ("add --move %s", name);
  StoryEvent *event = add_event (self, self->uploads);

  g_assert_cmpint (link (path, kept), ==, 0);
  event->id = g_strstrip (test_command (self->broker, words, 0));
  event->answered = get_position (self);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  remember_digest (self, event->id, kept);
}

/* An app writes into the broker's own file. */
static void
record (Story *self, gsize size_bytes)
{
  g_autofree char *path = make_file (self, size_bytes);
  StoryEvent *event = add_event (self, self->uploads);
  g_autofree char *bytes = NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) place = NULL;
  g_autoptr (GError) error = NULL;
  int fd;

  (void) outbox_dbus_uploads_call_create_sync (self->broker->uploads, g_variant_new ("a{sv}", NULL), NULL, &event->id,
                                               &place, &fds, NULL, &error);
  g_assert_no_error (error);
  remember_digest (self, event->id, path);
  fd = g_unix_fd_list_get (fds, g_variant_get_handle (place), &error);
  g_clear_object (&fds);
  g_assert_true (g_file_get_contents (path, &bytes, NULL, NULL));
  g_assert_cmpint (write (fd, bytes, size_bytes), ==, (gssize) size_bytes);
  (void) close (fd);
  (void) outbox_dbus_uploads_call_commit_sync (self->broker->uploads, event->id, g_variant_new ("a{sv}", NULL), NULL,
                                               &error);
  g_assert_no_error (error);
  event->answered = get_position (self);
}

static void
remove_upload (Story *self, StoryEvent *event)
{
  const char *const ids[] = { event->id, NULL };
  g_autoptr (GError) error = NULL;

  event->removing = get_position (self);
  (void) outbox_dbus_uploads_call_remove_sync (self->broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  event->removed = get_position (self);
}

static void
deliver (Story *self)
{
  test_broker_wait_for_all (self->broker, "done", 60);
  for (guint i = 0; i < self->uploads->len; i++)
    {
      StoryEvent *event = self->uploads->pdata[i];

      if (event->removing == G_MAXUINT64 && event->done == G_MAXUINT64)
        event->done = get_position (self);
    }
}

/* --- Settings --- */

static void
sign_in (Story *self, guint round)
{
  g_autofree char *path = g_build_filename (self->broker->folder, "secret", NULL);
  g_autofree char *script
      = g_strdup_printf ("sh -c 'exec \"%s\" destination sign-in depot < secret'", g_getenv ("OUTBOX"));
  g_auto (TestCommand) command = { NULL };
  g_autofree char *said = NULL;
  StoryEvent *event = add_event (self, self->secrets);

  event->value = g_strdup_printf ("a-token-of-round-%04u", round);
  g_assert_true (g_file_set_contents (path, event->value, -1, NULL));
  command = test_command_start_line (self->broker, script);
  said = test_command_finish (&command, 0);
  event->answered = get_position (self);
}

static void
set_paused (Story *self, gboolean is_paused)
{
  StoryEvent *event = add_event (self, self->pauses);
  g_autoptr (GError) error = NULL;

  event->value = g_strdup (is_paused ? "1" : "0");
  if (is_paused)
    (void) outbox_dbus_queue_call_pause_sync (self->broker->queue, NULL, &error);
  else
    (void) outbox_dbus_queue_call_resume_sync (self->broker->queue, NULL, &error);
  g_assert_no_error (error);
  event->answered = get_position (self);
}

static void
set_yard (Story *self, guint round)
{
  StoryEvent *event = add_event (self, self->urls);
  g_autoptr (GError) error = NULL;
  GVariantBuilder settings;

  event->value = g_strdup_printf ("https://yard-%04u.example/files/", round);
  g_variant_builder_init (&settings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&settings, "{sv}", "url", g_variant_new_string (event->value));
  outbox_dbus_destinations_call_set_sync (self->broker->destinations, "yard", g_variant_builder_end (&settings), NULL,
                                          &error);
  g_assert_no_error (error);
  event->answered = get_position (self);
}

gboolean
story_may_be (GPtrArray *values, const char *value, guint64 end)
{
  gboolean may_be = value == NULL;

  for (guint i = 0; i < values->len; i++)
    {
      const StoryEvent *event = values->pdata[i];

      if (event->asked > end)
        break;
      may_be = g_strcmp0 (event->value, value) == 0 || (may_be && event->answered > end);
    }

  return may_be;
}

/* --- The story --- */

Story *
story_new (TestLoggedDisk *disk, const char *data)
{
  Story *self = g_new0 (Story, 1);
  g_autofree char *store = NULL;
  g_autofree char *place = NULL;

  self->disk = disk;
  self->digests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->uploads = g_ptr_array_new_with_free_func (event_free);
  self->secrets = g_ptr_array_new_with_free_func (event_free);
  self->pauses = g_ptr_array_new_with_free_func (event_free);
  self->urls = g_ptr_array_new_with_free_func (event_free);
  self->broker = test_broker_new_alone ();
  store = g_build_filename (self->broker->folder, "store", NULL);
  self->ledger = g_build_filename (self->broker->folder, "ledger", NULL);
  g_assert_cmpint (g_mkdir (store, 0700), ==, 0);
  self->broker->peer = test_peer_start_receiver ("--folder", store, "--ledger", self->ledger, NULL);
  self->server_url = g_strdup (test_peer_get_url (self->broker->peer));
  test_broker_stop (self->broker);
  place = g_build_filename (self->broker->folder, "data", NULL);
  g_assert_cmpint (mount (data, place, NULL, MS_BIND, NULL), ==, 0);
  test_broker_start (self->broker, NULL);
  test_broker_use_receiver (self->broker);

  return self;
}

static void
tell_round (Story *self, guint round)
{
  static const gsize sizes[] = { 0, 1, 3000, 70000, 900000 };
  g_autofree char *group = g_strdup_printf ("case-%u", round);
  StoryEvent *removed;

  sign_in (self, round);
  set_paused (self, TRUE);
  removed = submit (self, 5000, group);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    (void) submit (self, sizes[i], i % 2 == 0 ? group : NULL);
  move (self, 20000);
  remove_upload (self, removed);
  set_yard (self, round);
  record (self, 200000);
  set_paused (self, FALSE);
  (void) submit (self, 1200000, NULL);
  deliver (self);
  set_paused (self, TRUE);
  for (guint i = 0; i < 3; i++)
    (void) submit (self, 10000 * i + 1, group);
}

void
story_tell (Story *self, guint n_rounds)
{
  for (guint round = 0; round < n_rounds; round++)
    tell_round (self, round);
}

void
story_end (Story *self)
{
  g_autofree char *place = g_build_filename (self->broker->folder, "data", NULL);

  self->n_entries = get_position (self);
  test_broker_kill (self->broker);
  g_assert_cmpint (umount (place), ==, 0);
}

void
story_free (Story *self)
{
  test_broker_free (self->broker);
  g_hash_table_unref (self->digests);
  g_ptr_array_unref (self->uploads);
  g_ptr_array_unref (self->secrets);
  g_ptr_array_unref (self->pauses);
  g_ptr_array_unref (self->urls);
  g_free (self->ledger);
  g_free (self->server_url);
  g_free (self);
}
