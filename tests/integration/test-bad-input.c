/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bad input to the real daemon over a bus: each a named error or a clear state; nothing is kept of it, nothing lost,
 * nothing hung.
 */
#include "dbus/error.h"
#include "dbus/names.h"
#include "support/broker.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define UPLOADS "org.outbox.Outbox1.Uploads"
#define QUEUE "org.outbox.Outbox1.Queue"
#define DESTINATIONS "org.outbox.Outbox1.Destinations"

/* Of 16 kB each. */
#define N_LARGE 100

/* The last part of an error's name on the bus, or "". */
static char *
call (TestBroker *broker, const char *interface, const char *method, GVariant *parameters, GUnixFDList *fds)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_with_unix_fd_list_sync (broker->connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                                       interface, method, parameters, NULL,
                                                       G_DBUS_CALL_FLAGS_NO_AUTO_START, 30000, fds, NULL, NULL, &error);
  g_autofree char *name = error ? g_dbus_error_encode_gerror (error) : NULL;

  if (!error)
    return g_strdup ("");
  if (!g_str_has_prefix (name, OUTBOX_ERROR_PREFIX))
    g_error ("%s: %s", name, error->message);

  return g_strdup (name + strlen (OUTBOX_ERROR_PREFIX));
}

static char *
submit_fd (TestBroker *broker, int fd, GVariant *options)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);

  return call (broker, UPLOADS, "Submit", g_variant_new ("(h@a{sv})", 0, options), fds);
}

static char *
submit_file (TestBroker *broker, GVariant *options)
{
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 5000, 1);

  return submit_fd (broker, g_open (path, O_RDONLY | O_CLOEXEC, 0), options);
}

static void
assert_nothing_is_kept (TestBroker *broker)
{
  g_autoptr (GVariant) list = test_broker_list (broker);

  g_assert_cmpuint (g_variant_n_children (list), ==, 0);
  g_assert_cmpuint (test_broker_count_files (broker, "spool"), ==, 0);
  g_assert_cmpuint (test_broker_count_files (broker, "incoming"), ==, 0);
}

static GVariant *
long_text (const char *name, gsize size_bytes)
{
  g_autofree char *text = g_strnfill (size_bytes, 'x');
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", name, g_variant_new_string (text));

  return g_variant_builder_end (&options);
}

static void
test_options (void)
{
  const struct
  {
    const char *options;
    const char *error;
  } rows[] = {
    { "{'nonsense': <1>}", "InvalidArgument" },
    { "{'name': <uint32 5>}", "InvalidArgument" },
    { "{'name': <''>}", "InvalidArgument" },
    { "{'name': <'a/b'>}", "InvalidArgument" },
    { "{'name': <'..'>}", "InvalidArgument" },
    { "{'media_type': <['a']>}", "InvalidArgument" },
    { "{'metadata': <{'a': <1>}>}", "InvalidArgument" },
    { "{'metadata': <'a'>}", "InvalidArgument" },
    { "{'priority': <'high'>}", "InvalidArgument" },
    { "{'priority': <int64 1>}", "InvalidArgument" },
    { "{'priority': <1001>}", "InvalidArgument" },
    { "{'priority': <-2147483648>}", "InvalidArgument" },
    { "{'form': <'yes'>}", "InvalidArgument" },
    { "{'key': <''>}", "InvalidArgument" },
    { "{'sha256': <'123'>}", "InvalidArgument" },
    { "{'sha256': <'zz34567890123456789012345678901234567890123456789012345678901234'>}", "InvalidArgument" },
    { "{'sha256': <'0034567890123456789012345678901234567890123456789012345678901234'>}", "DigestMismatch" },
    { "{'not_before': <int64 -1>}", "InvalidArgument" },
    { "{'not_before': <'tomorrow'>}", "InvalidArgument" },
    { "{'not_before': <int64 9223372036854775807>}", "InvalidArgument" },
    { "{'not_before': <int64 -9223372036854775808>}", "InvalidArgument" },
    { "{'media_type': <'image/jpeg\\r\\nX-Evil: 1'>}", "InvalidArgument" },
    { "{'media_type': <'jpeg'>}", "InvalidArgument" },
    { "{'media_type': <'/jpeg'>}", "InvalidArgument" },
    { "{'media_type': <'im age/jpeg'>}", "InvalidArgument" },
    { "{'media_type': <'imäge/jpeg'>}", "InvalidArgument" },
    { "{'key': <'a\\u001fb'>}", "InvalidArgument" },
    { "{'group': <'a\\nb'>}", "InvalidArgument" },
    { "{'metadata': <{'a key': 'x'}>}", "InvalidArgument" },
    { "{'metadata': <{'schlüssel': 'x'}>}", "InvalidArgument" },
    { "{'metadata': <{'a,b': 'x'}>}", "InvalidArgument" },
    { "{'metadata': <{'': 'x'}>}", "InvalidArgument" },
    { "{'metadata': <{'outbox_id': 'x'}>}", "InvalidArgument" },
    { "{'metadata': <{'filename': 'x'}>}", "InvalidArgument" },
    { "{'destination': <'nowhere'>}", "NotFound" },
    { "{'destination': <''>}", "NotFound" },
  };
  const char *const texts[] = { "name", "media_type", "group", "group_title", "key" };
  g_autoptr (TestBroker) broker = test_broker_new ();
  GVariantBuilder options, metadata;
  g_autofree char *large = g_strnfill (8 * 1024, 'x');
  g_autofree char *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *answer = submit_file (broker, g_variant_new_parsed (rows[i].options));

      g_test_message ("%s", rows[i].options);
      g_assert_cmpstr (answer, ==, rows[i].error);
    }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *answer = submit_file (broker, long_text (texts[i], 5000));

      g_assert_cmpstr (answer, ==, "InvalidArgument");
    }
  g_variant_builder_init (&metadata, G_VARIANT_TYPE ("a{ss}"));
  g_variant_builder_add (&metadata, "{ss}", "note", large);
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "metadata", g_variant_builder_end (&metadata));
  error = submit_file (broker, g_variant_builder_end (&options));
  g_assert_cmpstr (error, ==, "InvalidArgument");
  assert_nothing_is_kept (broker);
}

/* --- Descriptors --- */

static int
open_folder (TestBroker *broker)
{
  return open (broker->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
open_pipe (TestBroker *broker)
{
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  (void) close (ends[1]);

  return ends[0];
}

static int
open_socket (TestBroker *broker)
{
  return socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
open_device (TestBroker *broker)
{
  return open ("/dev/zero", O_RDONLY | O_CLOEXEC);
}

static int
open_with (TestBroker *broker, int flags)
{
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 5000, 1);

  return open (path, flags | O_CLOEXEC);
}

static int
open_path (TestBroker *broker)
{
  return open_with (broker, O_PATH);
}

static int
open_to_write (TestBroker *broker)
{
  return open_with (broker, O_WRONLY);
}

/* It says that it is empty, and cannot be read. */
static int
open_memory (TestBroker *broker)
{
  return open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
}

static void
test_descriptors (void)
{
  const struct
  {
    const char *name;
    int (*open) (TestBroker *broker);
    const char *error;
  } rows[] = {
    { "folder", open_folder, "InvalidArgument" },     { "pipe", open_pipe, "InvalidArgument" },
    { "socket", open_socket, "InvalidArgument" },     { "device", open_device, "InvalidArgument" },
    { "O_PATH", open_path, "InvalidArgument" },       { "write-only", open_to_write, "InvalidArgument" },
    { "unreadable", open_memory, "InvalidArgument" },
  };
  const gint handles[] = { 1, 17, -1, G_MAXINT, G_MININT };
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *none = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *error = submit_fd (broker, rows[i].open (broker), g_variant_new ("a{sv}", NULL));

      g_test_message ("%s", rows[i].name);
      g_assert_cmpstr (error, ==, rows[i].error);
    }
  /* A handle without a descriptor, and no descriptor at all. */
  for (guint i = 0; i < G_N_ELEMENTS (handles); i++)
    {
      int fd = open_with (broker, O_RDONLY);
      g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);
      g_autofree char *error = call (broker, UPLOADS, "Submit", g_variant_new ("(ha{sv})", handles[i], NULL), fds);

      g_assert_cmpstr (error, ==, "InvalidArgument");
    }
  none = call (broker, UPLOADS, "Submit", g_variant_new ("(ha{sv})", 0, NULL), NULL);
  g_assert_cmpstr (none, ==, "InvalidArgument");
  assert_nothing_is_kept (broker);
}

static void
test_an_empty_file_is_a_file (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "empty", 0, 1);
  g_autofree char *error = submit_fd (broker, g_open (path, O_RDONLY | O_CLOEXEC, 0), g_variant_new ("a{sv}", NULL));

  g_assert_cmpstr (error, ==, "");
  test_broker_wait_for_all (broker, "done", 20);
}

typedef struct
{
  int fd;
  gint is_over;
} Writer;

static gpointer
append (gpointer data)
{
  Writer *writer = data;

  while (!g_atomic_int_get (&writer->is_over))
    if (write (writer->fd, "x", 1) != 1)
      break;

  return NULL;
}

static void
test_a_file_that_grows_is_busy (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "recording.mp4", 16 * 1024 * 1024, 1);
  Writer writer = { g_open (path, O_WRONLY | O_APPEND | O_CLOEXEC, 0), 0 };
  GThread *thread = g_thread_new ("writer", append, &writer);
  g_autofree char *error = submit_fd (broker, g_open (path, O_RDONLY | O_CLOEXEC, 0), g_variant_new ("a{sv}", NULL));
  g_autofree char *again = NULL;

  g_atomic_int_set (&writer.is_over, 1);
  (void) g_thread_join (thread);
  (void) close (writer.fd);
  g_assert_cmpstr (error, ==, "Busy");
  assert_nothing_is_kept (broker);
  again = submit_fd (broker, g_open (path, O_RDONLY | O_CLOEXEC, 0), g_variant_new ("a{sv}", NULL));
  g_assert_cmpstr (again, ==, "");
  test_broker_wait_for_all (broker, "done", 20);
}

/* The bus allows 16 in a message, and closes whoever sends more. */
static void
test_seventeen_descriptors (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (GDBusConnection) caller
      = g_dbus_connection_new_for_address_sync (test_broker_get_bus_address (broker),
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                    | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                NULL, NULL, NULL);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *good = NULL;

  for (guint i = 0; i < 17; i++)
    {
      int fd = open_with (broker, O_RDONLY);

      g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, (gint) i);
      (void) close (fd);
    }
  reply = g_dbus_connection_call_with_unix_fd_list_sync (caller, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, UPLOADS, "Submit",
                                                         g_variant_new ("(ha{sv})", 0, NULL), NULL,
                                                         G_DBUS_CALL_FLAGS_NONE, 30000, fds, NULL, NULL, &error);
  g_assert_null (reply);
  g_assert_nonnull (error);
  assert_nothing_is_kept (broker);
  good = submit_file (broker, g_variant_new ("a{sv}", NULL));
  g_assert_cmpstr (good, ==, "");
  test_broker_wait_for_all (broker, "done", 20);
}

/* --- Every other call --- */

static GVariant *
many_ids (void)
{
  GVariantBuilder ids;

  g_variant_builder_init (&ids, G_VARIANT_TYPE ("(as)"));
  g_variant_builder_open (&ids, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < 10001; i++)
    g_variant_builder_add (&ids, "s", "018fd1a0-0000-7000-8000-000000000001");
  g_variant_builder_close (&ids);

  return g_variant_builder_end (&ids);
}

static void
test_calls (void)
{
  const struct
  {
    const char *interface;
    const char *method;
    const char *parameters;
    const char *error;
  } rows[] = {
    { UPLOADS, "Get", "('no-such-upload',)", "NotFound" },
    { UPLOADS, "Get", "('',)", "NotFound" },
    { UPLOADS, "History", "('no-such-upload',)", "NotFound" },
    { UPLOADS, "Pause", "(['no-such-upload'],)", "NotFound" },
    { UPLOADS, "Resume", "(['no-such-upload'],)", "NotFound" },
    { UPLOADS, "Retry", "(['no-such-upload'],)", "NotFound" },
    { UPLOADS, "Remove", "(['\\'; DROP TABLE uploads; --'],)", "NotFound" },
    { UPLOADS, "SetPriority", "(['no-such-upload'], 1)", "NotFound" },
    { UPLOADS, "SetPriority", "(@as [], 1001)", "InvalidArgument" },
    { UPLOADS, "SetPriority", "(@as [], -2147483648)", "InvalidArgument" },
    { UPLOADS, "Pause", "(@as [],)", "" },
    { UPLOADS, "List", "({'limit': <uint32 0>},)", "InvalidArgument" },
    { UPLOADS, "List", "({'limit': <uint32 1001>},)", "InvalidArgument" },
    { UPLOADS, "List", "({'limit': <5>},)", "InvalidArgument" },
    { UPLOADS, "List", "({'state': <'sleepy'>},)", "InvalidArgument" },
    { UPLOADS, "List", "({'cursor': <'-1'>},)", "InvalidArgument" },
    { UPLOADS, "List", "({'cursor': <'99999999999999999999'>},)", "InvalidArgument" },
    { UPLOADS, "List", "({'colour': <'blue'>},)", "InvalidArgument" },
    { UPLOADS, "Watch", "({'colour': <'blue'>}, '')", "InvalidArgument" },
    { UPLOADS, "Watch", "(@a{sv} {}, 'yesterday')", "InvalidArgument" },
    { UPLOADS, "Watch", "(@a{sv} {}, '1-')", "InvalidArgument" },
    { UPLOADS, "SendNow", "(['no-such-upload'],)", "NotFound" },
    { UPLOADS, "Create", "({'colour': <'blue'>},)", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', @a{sv} {})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'not a url'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'ftp://example.org/'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'http:///files'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'file:///etc/passwd'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <''>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <5>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'colour': <'blue'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('a name', {'url': <'http://example.org/'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('', {'url': <'http://example.org/'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'http://example.org/'>, 'protocol': <'carrier-pigeon'>})",
      "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'http://example.org/'>, 'protocol': <'http'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('depot', {'protocol': <'http'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'http://example.org/'>, 'confirm_url': <'nowhere'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'http://example.org/'>, 'amend_url': <'nowhere'>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'http://example.org/'>, 'headers': <{'X-A': 'b\\r\\nX-B: c'}>})",
      "InvalidArgument" },
    { DESTINATIONS, "Set", "('depot', {'headers': <{'Content-Length': '3'}>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('depot', {'headers': <{'Upload-Offset': '3'}>})", "InvalidArgument" },
    { DESTINATIONS, "Set", "('new', {'url': <'http://example.org/'>, 'headers': <{'X A': 'b'}>})", "InvalidArgument" },
    { DESTINATIONS, "Remove", "('new',)", "NotFound" },
    { DESTINATIONS, "Pause", "('new',)", "NotFound" },
    { DESTINATIONS, "Resume", "('new',)", "NotFound" },
    { QUEUE, "Conditions", "()", "" },
    { QUEUE, "Statistics", "()", "" },
    { QUEUE, "RestAddress", "()", "" },
  };
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *too_many = call (broker, UPLOADS, "Pause", many_ids (), NULL);
  g_autoptr (GVariant) list = NULL;

  g_assert_cmpstr (too_many, ==, "InvalidArgument");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *error
          = call (broker, rows[i].interface, rows[i].method, g_variant_new_parsed (rows[i].parameters), NULL);

      g_test_message ("%s %s", rows[i].method, rows[i].parameters);
      g_assert_cmpstr (error, ==, rows[i].error);
    }
  outbox_dbus_destinations_call_list_sync (broker->destinations, &list, NULL, NULL);
  g_assert_cmpuint (g_variant_n_children (list), ==, 1);
  assert_nothing_is_kept (broker);
}

/* A page is small, so that nobody waits while it is made, and never outgrows what the bus carries. */
static void
test_a_list_of_large_documents (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *large = g_strnfill (8000, 'x');
  g_autofree char *title = g_strnfill (4000, 't');
  g_autofree char *cursor = g_strdup ("");
  guint n_found = 0, n_pages = 0;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  for (guint i = 0; i < N_LARGE; i++)
    {
      GVariantBuilder options, metadata;
      g_autofree char *error = NULL;

      g_variant_builder_init (&metadata, G_VARIANT_TYPE ("a{ss}"));
      g_variant_builder_add (&metadata, "{ss}", "note", large);
      g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&options, "{sv}", "group", g_variant_new_string (title));
      g_variant_builder_add (&options, "{sv}", "group_title", g_variant_new_string (title));
      g_variant_builder_add (&options, "{sv}", "metadata", g_variant_builder_end (&metadata));
      error = submit_file (broker, g_variant_builder_end (&options));
      g_assert_cmpstr (error, ==, "");
    }
  do
    {
      g_autoptr (GVariant) list = NULL;
      g_autoptr (GError) error = NULL;
      GVariantBuilder filter;
      char *next = NULL;

      g_variant_builder_init (&filter, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&filter, "{sv}", "cursor", g_variant_new_string (cursor));
      g_variant_builder_add (&filter, "{sv}", "limit", g_variant_new_uint32 (1000));
      outbox_dbus_uploads_call_list_sync (broker->uploads, g_variant_builder_end (&filter), &list, &next, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (g_variant_get_size (list), <, 170 * 1024);
      g_assert_cmpuint (g_variant_n_children (list), >, 0);
      n_found += (guint) g_variant_n_children (list);
      n_pages++;
      g_free (cursor);
      cursor = next;
    }
  while (*cursor);
  g_assert_cmpuint (n_found, ==, N_LARGE);
  g_assert_cmpuint (n_pages, >=, N_LARGE * 16000 / (170 * 1024));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Registers the names. */
  g_assert_cmpuint (OUTBOX_ERROR, !=, 0);
  g_test_add_func ("/bad-input/options", test_options);
  g_test_add_func ("/bad-input/descriptors", test_descriptors);
  g_test_add_func ("/bad-input/an-empty-file-is-a-file", test_an_empty_file_is_a_file);
  g_test_add_func ("/bad-input/a-file-that-grows-is-busy", test_a_file_that_grows_is_busy);
  g_test_add_func ("/bad-input/seventeen-descriptors", test_seventeen_descriptors);
  g_test_add_func ("/bad-input/calls", test_calls);
  g_test_add_func ("/bad-input/a-list-of-large-documents", test_a_list_of_large_documents);

  return g_test_run ();
}
