/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "recovered.h"

#include "dbus/error.h"
#include "support/document.h"

#include <glib/gstdio.h>

char *
recovered_data_path (TestBroker *broker, const char *name)
{
  return g_build_filename (broker->folder, "data", "outbox", name, NULL);
}

GHashTable *
recovered_submit_files (TestBroker *broker, guint n_files)
{
  GHashTable *ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *path = test_broker_make_file (broker, "photo.jpg", i * 1000, i);
      g_autoptr (GError) error = NULL;

      g_hash_table_add (ids, test_broker_submit (broker, path, NULL, &error));
      g_assert_no_error (error);
    }

  return ids;
}

typedef struct
{
  TestBroker *broker;
  GHashTable *ids;
  const char *state; /* NULL: any */
} Expected;

/* Whether the daemon lists those and no others, all in that state. It may be on its way back. */
static gboolean
are_listed (gpointer data)
{
  Expected *expected = data;
  g_autoptr (GVariant) list = test_broker_try_list (expected->broker, NULL);
  guint n_found = 0;

  for (gsize i = 0; list && i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) upload = g_variant_get_child_value (list, i);

      g_assert_true (g_hash_table_contains (expected->ids, test_document_get_text (upload, "id")));
      n_found += !expected->state || test_document_has_state (upload, expected->state);
    }

  return n_found == g_hash_table_size (expected->ids);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
recovered_wait_until_listed (TestBroker *broker, GHashTable *ids, const char *state)
{
  Expected expected = { broker, ids, state };
  /* While the daemon is away no signal of it wakes the loop. */
  guint tick = g_timeout_add (20, on_tick, NULL);

  test_wait_until (are_listed, &expected, 20);
  (void) g_source_remove (tick);
}

void
recovered_assert_each_arrived_once (TestBroker *broker, GHashTable *ids)
{
  g_autoptr (JsonNode) node = NULL;
  JsonArray *uploads;
  guint n_finished = 0;

  recovered_wait_until_listed (broker, ids, "done");
  node = test_peer_describe (broker->peer);
  uploads = json_object_get_array_member (json_node_get_object (node), "uploads");
  for (guint i = 0; i < json_array_get_length (uploads); i++)
    {
      JsonObject *upload = json_array_get_object_element (uploads, i);

      if (!json_object_get_boolean_member (upload, "finished"))
        continue;
      g_assert_true (g_hash_table_contains (ids, json_object_get_string_member (upload, "key")));
      n_finished++;
    }
  g_assert_cmpuint (n_finished, ==, g_hash_table_size (ids));
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (node), "duplicate_finishes"), ==, 0);
}

void
recovered_assert_answers_why (TestBroker *broker, const char *why)
{
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) list_error = NULL;

  g_assert_false (outbox_dbus_queue_call_summary_sync (broker->queue, &summary, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_nonnull (strstr (error->message, why));
  g_assert_false (outbox_dbus_destinations_call_list_sync (broker->destinations, &list, NULL, &list_error));
  g_assert_error (list_error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
}

gboolean
recovered_answers (gpointer data)
{
  g_autoptr (GVariant) summary = NULL;

  return outbox_dbus_queue_call_summary_sync (((TestBroker *) data)->queue, &summary, NULL, NULL);
}
