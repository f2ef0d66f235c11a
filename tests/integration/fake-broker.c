/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See the header. Main thread.
 */
#include "fake-broker.h"

#include "dbus/error.h"
#include "dbus/names.h"

#include <string.h>

char *
fake_broker_dup_id (guint number)
{
  return g_strdup_printf ("01930000-0000-7000-8000-%012u", number);
}

static const char *
get_id (GVariant *document)
{
  const char *id = NULL;

  g_assert_true (g_variant_lookup (document, "id", "&s", &id));

  return id;
}

static const char *
get_state (GVariant *document)
{
  const char *state = NULL;

  g_assert_true (g_variant_lookup (document, "state", "&s", &state));

  return state;
}

static char *
dup_sequence (FakeBroker *fake)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, fake->epoch, fake->sequence);
}

/* Returns: (transfer full) */
static GVariant *
make_document (FakeBroker *fake, guint number, const char *state, guint64 offset)
{
  g_autofree char *id = fake_broker_dup_id (number);
  g_autofree char *name = g_strdup_printf ("photo-%u.jpg", number);
  g_autofree char *sequence = NULL;
  GVariantDict dict;

  fake->sequence++;
  sequence = dup_sequence (fake);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "id", "s", id);
  g_variant_dict_insert (&dict, "name", "s", name);
  g_variant_dict_insert (&dict, "app", "s", number % 2 ? "odd" : "even");
  g_variant_dict_insert (&dict, "state", "s", state);
  g_variant_dict_insert (&dict, "size", "t", G_GUINT64_CONSTANT (100));
  g_variant_dict_insert (&dict, "offset", "t", offset);
  g_variant_dict_insert (&dict, "sequence", "s", sequence);

  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

/* Returns: where it is, or is to be */
static guint
find (FakeBroker *fake, const char *id, gboolean *is_there)
{
  guint place = 0;

  while (place < fake->documents->len && strcmp (get_id (fake->documents->pdata[place]), id) < 0)
    place++;
  *is_there = place < fake->documents->len && g_str_equal (get_id (fake->documents->pdata[place]), id);

  return place;
}

/* --- What it is asked --- */

static gboolean
is_wanted (GVariant *filter, GVariant *document)
{
  const char *wanted, *app;
  gboolean is_unfinished = FALSE;

  (void) g_variant_lookup (filter, "unfinished", "b", &is_unfinished);
  if (is_unfinished && g_str_equal (get_state (document), "done"))
    return FALSE;
  if (g_variant_lookup (filter, "state", "&s", &wanted) && !g_str_equal (wanted, get_state (document)))
    return FALSE;

  return !g_variant_lookup (filter, "app", "&s", &wanted)
         || (g_variant_lookup (document, "app", "&s", &app) && g_str_equal (wanted, app));
}

static gboolean
on_list (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GVariant *filter, gpointer user_data)
{
  FakeBroker *fake = user_data;
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  const char *cursor = "";
  gboolean is_unfinished = FALSE, is_there;
  guint limit = 100, n_listed = 0, place;

  fake->n_lists++;
  (void) g_variant_lookup (filter, "unfinished", "b", &is_unfinished);
  fake->n_unfinished_lists += is_unfinished;
  (void) g_variant_lookup (filter, "cursor", "&s", &cursor);
  (void) g_variant_lookup (filter, "limit", "u", &limit);
  if (fake->refuses)
    {
      g_dbus_method_invocation_return_error_literal (invocation, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "Not for you");
      return TRUE;
    }
  place = find (fake, cursor, &is_there) + (is_there ? 1 : 0);
  for (; place < fake->documents->len && n_listed < limit; place++)
    if (is_wanted (filter, fake->documents->pdata[place]))
      {
        g_variant_builder_add_value (&builder, fake->documents->pdata[place]);
        n_listed++;
      }
  cursor = place < fake->documents->len ? get_id (fake->documents->pdata[place - 1]) : "";
  outbox_dbus_uploads_complete_list (skeleton, invocation, g_variant_builder_end (&builder), cursor);

  return TRUE;
}

static gboolean
on_watch (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GVariant *filter, const char *after,
          gpointer user_data)
{
  FakeBroker *fake = user_data;
  g_autofree char *sequence = dup_sequence (fake);

  fake->n_watches++;
  g_clear_pointer (&fake->watch_filter, g_variant_unref);
  fake->watch_filter = g_variant_ref (filter);
  outbox_dbus_uploads_complete_watch (skeleton, invocation, sequence);

  return TRUE;
}

static gboolean
on_unwatch (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ((FakeBroker *) user_data)->n_unwatches++;
  outbox_dbus_uploads_complete_unwatch (skeleton, invocation);

  return TRUE;
}

/* --- What it tells --- */

void
fake_broker_set (FakeBroker *fake, guint number, const char *state, guint64 offset, gboolean is_told)
{
  GVariant *document = make_document (fake, number, state, offset);
  gboolean is_there;
  guint place = find (fake, get_id (document), &is_there);

  if (is_there)
    g_variant_unref (fake->documents->pdata[place]);
  else
    g_ptr_array_insert (fake->documents, (int) place, NULL);
  fake->documents->pdata[place] = document;
  if (is_told && is_there)
    outbox_dbus_uploads_emit_changed (fake->skeleton, document);
  else if (is_told)
    outbox_dbus_uploads_emit_added (fake->skeleton, document);
}

void
fake_broker_remove (FakeBroker *fake, guint number, gboolean is_told)
{
  g_autofree char *id = fake_broker_dup_id (number);
  g_autofree char *sequence = NULL;
  gboolean is_there;
  guint place = find (fake, id, &is_there);

  g_assert_true (is_there);
  fake->sequence++;
  sequence = dup_sequence (fake);
  g_ptr_array_remove_index (fake->documents, place);
  if (is_told)
    outbox_dbus_uploads_emit_removed (fake->skeleton, id, sequence);
}

void
fake_broker_tell_holds (FakeBroker *fake)
{
  g_autofree char *sequence = dup_sequence (fake);

  outbox_dbus_uploads_emit_holds_changed (fake->skeleton, g_variant_new ("aa{sv}", NULL), sequence);
}

/* A question that the broker's own connection asks the test's is behind all that it has sent. */
void
fake_broker_settle (FakeBroker *fake)
{
  g_autoptr (GDBusConnection) client = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GAsyncResult) answered = NULL;
      g_autoptr (GVariant) reply = NULL;

      g_dbus_connection_call (fake->connection, g_dbus_connection_get_unique_name (client), "/",
                              "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                              test_wait_on_result, &answered);
      test_wait_for_result (&answered, 10);
      reply = g_dbus_connection_call_finish (fake->connection, answered, NULL);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

/* --- Life --- */

void
fake_broker_leave (FakeBroker *fake)
{
  g_clear_handle_id (&fake->name, g_bus_unown_name);
}

static void
on_named (GDBusConnection *connection, const char *name, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *) user_data;
}

void
fake_broker_come (FakeBroker *fake, gboolean is_rebuilt)
{
  gboolean is_named = FALSE;

  if (is_rebuilt)
    fake->epoch++;
  fake->name = g_bus_own_name_on_connection (fake->connection, OUTBOX_BUS_NAME, G_BUS_NAME_OWNER_FLAGS_NONE, on_named,
                                             NULL, &is_named, NULL);
  test_wait_until (is_true, &is_named, 10);
}

FakeBroker *
fake_broker_new (guint n_uploads)
{
  FakeBroker *fake = g_new0 (FakeBroker, 1);
  g_autoptr (GError) error = NULL;

  fake->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fake->bus);
  fake->epoch = 1;
  fake->documents = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  for (guint i = 1; i <= n_uploads; i++)
    g_ptr_array_add (fake->documents, make_document (fake, i, "queued", 0));
  fake->connection = g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (fake->bus),
                                                             G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                                 | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                             NULL, NULL, &error);
  g_assert_no_error (error);
  fake->skeleton = outbox_dbus_uploads_skeleton_new ();
  g_object_connect (fake->skeleton, "signal::handle-list", on_list, fake, "signal::handle-watch", on_watch, fake,
                    "signal::handle-unwatch", on_unwatch, fake, NULL);
  g_assert_true (g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (fake->skeleton), fake->connection,
                                                   OUTBOX_OBJECT_PATH, &error));
  fake_broker_come (fake, FALSE);

  return fake;
}

void
fake_broker_free (FakeBroker *fake)
{
  fake_broker_leave (fake);
  g_object_unref (fake->skeleton);
  g_dbus_connection_close_sync (fake->connection, NULL, NULL);
  g_object_unref (fake->connection);
  g_ptr_array_unref (fake->documents);
  g_clear_pointer (&fake->watch_filter, g_variant_unref);
  g_test_dbus_down (fake->bus);
  g_object_unref (fake->bus);
  g_free (fake);
}
