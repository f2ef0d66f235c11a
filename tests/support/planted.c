/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files are read whole; the bus is heard as a monitor. Main thread, except the filter, which GDBus calls on its own.
 */
#include "support/planted.h"

#include <string.h>

struct _TestPlanted
{
  GDBusConnection *listener; /* hears every message of the bus */
  GMutex lock;
  GByteArray *messages; /* under the lock; NULL: none is kept */
  char *mark;
  char *found; /* under the lock: the first message that has the mark and no right to it */
};

static gboolean
has_bytes (const void *bytes, gsize size_bytes, const char *part)
{
  return memmem (bytes, size_bytes, part, strlen (part)) != NULL;
}

/* Put together here: a test that sends its own program must not be found for it. */
static char *
dup_mark (void)
{
  return g_strconcat ("pl4", "nted", NULL);
}

/* What a person types in a header of a destination is the one secret that may come by the bus: the broker keeps it as one. */
static gboolean
may_have_secret (GDBusMessage *message)
{
  return g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL
         && g_strcmp0 (g_dbus_message_get_interface (message), "org.outbox.Outbox1.Destinations") == 0
         && g_strcmp0 (g_dbus_message_get_member (message), "Set") == 0;
}

/* Of what comes, the answers to the listener's own calls alone are for it. The bus closes a monitor that answers what it has overheard, and
 * GDBus answers every call that reaches it. */
static gboolean
is_for_listener (GDBusConnection *connection, GDBusMessage *message)
{
  GDBusMessageType type = g_dbus_message_get_message_type (message);

  return (type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN || type == G_DBUS_MESSAGE_TYPE_ERROR)
         && g_strcmp0 (g_dbus_message_get_destination (message), g_dbus_connection_get_unique_name (connection)) == 0;
}

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean is_incoming, gpointer user_data)
{
  TestPlanted *self = user_data;
  gsize size_bytes = 0;
  g_autofree guchar *blob = NULL;

  if (!is_incoming || is_for_listener (connection, message))
    return message;
  blob = g_dbus_message_to_blob (message, &size_bytes, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, NULL);
  g_mutex_lock (&self->lock);
  if (blob && self->messages)
    g_byte_array_append (self->messages, blob, (guint) size_bytes);
  if (blob && !self->found && has_bytes (blob, size_bytes, self->mark) && !may_have_secret (message))
    self->found = g_dbus_message_print (message, 0);
  g_mutex_unlock (&self->lock);
  g_object_unref (message);

  return NULL;
}

static TestPlanted *
listen_at (const char *address, GByteArray *messages)
{
  TestPlanted *self = g_new0 (TestPlanted, 1);
  const char *const none[] = { NULL };
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  self->messages = messages;
  self->mark = dup_mark ();
  self->listener = g_dbus_connection_new_for_address_sync (address,
                                                           G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                               | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                           NULL, NULL, &error);
  g_assert_no_error (error);
  /* Before it is a monitor: other programs' calls come from then on. */
  (void) g_dbus_connection_add_filter (self->listener, on_message, self, NULL);
  reply
      = g_dbus_connection_call_sync (self->listener, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus.Monitoring", "BecomeMonitor",
                                     g_variant_new ("(^asu)", none, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);

  return self;
}

TestPlanted *
test_planted_listen (const char *address)
{
  return listen_at (address, g_byte_array_new ());
}

TestPlanted *
test_planted_watch (const char *address)
{
  return listen_at (address, NULL);
}

guint
test_planted_count_files (const char *folder, const char *part, const char *own)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n_files = 0;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autofree char *text = NULL;
      gsize size_bytes = 0;

      if (g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        continue;
      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        n_files += test_planted_count_files (path, part, own);
      else if (g_file_test (path, G_FILE_TEST_IS_REGULAR) && !g_str_has_suffix (path, own)
               && g_file_get_contents (path, &text, &size_bytes, NULL) && has_bytes (text, size_bytes, part))
        {
          g_test_message ("%s has it", path);
          n_files++;
        }
    }

  return n_files;
}

/* Returns: in how many of its command line and its environment a process has it. @name: its folder in /proc */
static guint
count_shown (const char *name, const char *part)
{
  static const char *const files[] = { "cmdline", "environ" };
  guint n_files = 0;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename ("/proc", name, files[i], NULL);
      g_autofree char *text = NULL;
      gsize size_bytes = 0;

      if (g_file_get_contents (path, &text, &size_bytes, NULL))
        n_files += has_bytes (text, size_bytes, part);
    }

  return n_files;
}

static guint
count_processes_with (const char *part)
{
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *name;
  guint n_processes = 0;

  while ((name = g_dir_read_name (proc)))
    if (g_ascii_isdigit (*name))
      n_processes += count_shown (name, part) > 0;

  return n_processes;
}

void
test_planted_assert_nowhere (TestPlanted *self, const char *folder, const char *part)
{
  g_assert_cmpuint (test_planted_count_files (folder, part, ".secret"), ==, 0);
  g_assert_cmpuint (count_processes_with (part), ==, 0);
  test_planted_assert_not_heard (self, part);
}

/* Who has been shut out has heard nothing since. */
static void
assert_hears (TestPlanted *self)
{
  g_assert_false (g_dbus_connection_is_closed (self->listener));
}

void
test_planted_assert_not_heard (TestPlanted *self, const char *part)
{
  assert_hears (self);
  g_mutex_lock (&self->lock);
  g_assert_cmpuint (self->messages->len, >, 0);
  g_assert_false (has_bytes (self->messages->data, self->messages->len, part));
  g_mutex_unlock (&self->lock);
}

gboolean
test_planted_came_by (TestPlanted *self)
{
  gboolean came_by;

  g_mutex_lock (&self->lock);
  came_by = self->found != NULL;
  g_mutex_unlock (&self->lock);

  return came_by;
}

void
test_planted_assert_none_came_by (TestPlanted *self)
{
  assert_hears (self);
  g_mutex_lock (&self->lock);
  if (self->found)
    g_error ("a message of the bus has a planted secret: %s", self->found);
  g_mutex_unlock (&self->lock);
}

void
test_planted_assert_not_left (const char *folder)
{
  const char *argv[] = { SEARCH_PLANTED, folder, NULL };
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  int status = 0;

  (void) g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said, NULL, &status, &error);
  g_assert_no_error (error);
  if (status != 0)
    g_error ("%s", said);
}

void
test_planted_assert_not_shown (const char *process_id)
{
  g_autofree char *mark = dup_mark ();

  g_assert_cmpuint (count_shown (process_id, mark), ==, 0);
}

void
test_planted_free (TestPlanted *self)
{
  (void) g_dbus_connection_close_sync (self->listener, NULL, NULL);
  g_object_unref (self->listener);
  g_clear_pointer (&self->messages, g_byte_array_unref);
  g_free (self->mark);
  g_free (self->found);
  g_mutex_clear (&self->lock);
  g_free (self);
}
