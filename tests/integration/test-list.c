/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * OutboxList against a broker that counts what it is asked: what a list costs, and that it is right.
 */
#include "fake-broker.h"

#include <outbox.h>

#define MANY 10000
#define PAGE 500

typedef struct
{
  FakeBroker *fake;
  OutboxClient *client;
  OutboxList *list;
  GString *changes;  /* "POSITION -REMOVED +ADDED" of each, with a comma between */
  GString *notified; /* names of properties of the upload that is looked at */
} Fixture;

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->changes, "%s%u -%u +%u", fixture->changes->len > 0 ? ", " : "", position, removed,
                          added);
  /* As a view does: what was told can be had. */
  for (guint i = 0; i < added; i++)
    {
      g_autoptr (OutboxUpload) upload = g_list_model_get_item (model, position + i);

      g_assert_nonnull (upload);
    }
}

static void
on_notify (GObject *object, GParamSpec *spec, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->notified, "%s%s", fixture->notified->len > 0 ? " " : "", spec->name);
}

static gboolean
is_filled (gpointer user_data)
{
  return !outbox_list_get_is_filling (((Fixture *) user_data)->list);
}

/* @filter: (nullable): the text of a variant */
static void
set_up (Fixture *fixture, guint n_uploads, const char *filter)
{
  g_autoptr (GError) error = NULL;

  fixture->fake = fake_broker_new (n_uploads);
  fixture->client = outbox_client_new_sync (NULL, &error);
  g_assert_no_error (error);
  fixture->list = outbox_list_new (fixture->client, filter ? g_variant_new_parsed (filter) : NULL);
  fixture->changes = g_string_new (NULL);
  fixture->notified = g_string_new (NULL);
  g_signal_connect (fixture->list, "items-changed", G_CALLBACK (on_items_changed), fixture);
  test_wait_until (is_filled, fixture, 20);
}

static gboolean
is_closed (gpointer user_data)
{
  return g_dbus_connection_is_closed (user_data);
}

static void
tear_down (Fixture *fixture)
{
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_clear_object (&fixture->list);
  g_object_unref (fixture->client);
  g_dbus_connection_close (connection, NULL, NULL, NULL);
  test_wait_until (is_closed, connection, 10);
  g_clear_object (&connection);
  fake_broker_free (fixture->fake);
  g_string_free (fixture->changes, TRUE);
  g_string_free (fixture->notified, TRUE);
}

static guint
count (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static OutboxUpload *
get (Fixture *fixture, guint position)
{
  OutboxUpload *upload = g_list_model_get_item (G_LIST_MODEL (fixture->list), position);

  g_assert_nonnull (upload);

  return upload;
}

static void
look_at (Fixture *fixture, OutboxUpload *upload)
{
  g_string_truncate (fixture->changes, 0);
  g_signal_connect (upload, "notify", G_CALLBACK (on_notify), fixture);
}

static void
test_ten_thousand_cost_a_call_and_a_change_a_page (void)
{
  Fixture fixture = { 0 };
  guint n_commas = 0;

  set_up (&fixture, MANY, NULL);
  g_assert_cmpuint (count (&fixture), ==, MANY);
  g_assert_cmpuint (fixture.fake->n_lists, ==, MANY / PAGE);
  for (const char *at = fixture.changes->str; *at; at++)
    n_commas += *at == ',';
  g_assert_cmpuint (n_commas + 1, ==, MANY / PAGE);
  for (guint i = 0; i < MANY; i += 999)
    {
      g_autoptr (OutboxUpload) upload = get (&fixture, i);
      g_autofree char *id = fake_broker_dup_id (i + 1);
      guint position;

      g_assert_cmpstr (outbox_upload_get_id (upload), ==, id);
      g_assert_true (outbox_list_find (fixture.list, id, &position));
      g_assert_cmpuint (position, ==, i);
    }
  tear_down (&fixture);
}

/* Nothing but what has another value is notified, and nobody is asked. */
static void
test_a_change_notifies_what_changed (void)
{
  Fixture fixture = { 0 };
  g_autoptr (OutboxUpload) upload = NULL;
  guint n_lists;

  set_up (&fixture, 1000, NULL);
  n_lists = fixture.fake->n_lists;
  upload = get (&fixture, 499);
  look_at (&fixture, upload);
  fake_broker_set (fixture.fake, 500, "uploading", 0, TRUE);
  fake_broker_settle (fixture.fake);
  g_assert_cmpstr (fixture.notified->str, ==, "document label state");
  g_string_truncate (fixture.notified, 0);
  fake_broker_set (fixture.fake, 500, "uploading", 50, TRUE);
  fake_broker_settle (fixture.fake);
  g_assert_cmpstr (fixture.notified->str, ==, "document progress sent offset label");
  g_assert_cmpuint (outbox_upload_get_offset (upload), ==, 50);
  g_assert_cmpstr (fixture.changes->str, ==, "");
  g_assert_cmpuint (fixture.fake->n_lists, ==, n_lists);
  tear_down (&fixture);
}

static void
test_one_that_comes_or_goes_is_one_change (void)
{
  Fixture fixture = { 0 };

  set_up (&fixture, 3, NULL);
  g_assert_cmpstr (fixture.changes->str, ==, "0 -0 +3");
  fake_broker_remove (fixture.fake, 2, TRUE);
  fake_broker_set (fixture.fake, 4, "saving", 0, TRUE);
  fake_broker_settle (fixture.fake);
  g_assert_cmpstr (fixture.changes->str, ==, "0 -0 +3, 1 -1 +0, 2 -0 +1");
  g_assert_cmpuint (count (&fixture), ==, 3);
  tear_down (&fixture);
}

static void
test_what_is_no_longer_wanted_leaves (void)
{
  Fixture fixture = { 0 };
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  set_up (&fixture, 3, "{'state': <'queued'>}");
  g_assert_cmpuint (count (&fixture), ==, 3);
  /* A change out of the state has to be told as well. */
  g_assert_true (g_variant_equal (fixture.fake->watch_filter, none));
  fake_broker_set (fixture.fake, 2, "uploading", 0, TRUE);
  fake_broker_settle (fixture.fake);
  g_assert_cmpuint (count (&fixture), ==, 2);
  fake_broker_set (fixture.fake, 2, "queued", 0, TRUE);
  fake_broker_set (fixture.fake, 9, "failed", 0, TRUE);
  fake_broker_settle (fixture.fake);
  g_assert_cmpstr (fixture.changes->str, ==, "0 -0 +3, 1 -1 +0, 1 -0 +1");
  tear_down (&fixture);
}

static gboolean
is_empty_of_two (gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autofree char *id = fake_broker_dup_id (2);

  return is_filled (fixture) && !outbox_list_find (fixture->list, id, NULL);
}

/* A broker whose past is gone: what is the same is not told, and stays the same object. */
static void
test_a_rebuilt_queue_changes_what_is_different (void)
{
  Fixture fixture = { 0 };
  g_autoptr (OutboxUpload) kept = NULL, again = NULL;

  set_up (&fixture, 1200, NULL);
  kept = get (&fixture, 2);
  look_at (&fixture, kept);
  fake_broker_leave (fixture.fake);
  fake_broker_remove (fixture.fake, 2, FALSE);
  fake_broker_set (fixture.fake, 1201, "queued", 0, FALSE);
  fake_broker_set (fixture.fake, 3, "done", 100, FALSE);
  fake_broker_come (fixture.fake, TRUE);
  test_wait_until (is_empty_of_two, &fixture, 10);
  g_assert_cmpstr (fixture.changes->str, ==, "1200 -0 +1, 1 -1 +0");
  again = get (&fixture, 1);
  g_assert_true (again == kept);
  g_assert_cmpint (outbox_upload_get_state (kept), ==, OUTBOX_STATE_DONE);
  g_assert_cmpfloat (outbox_upload_get_progress (kept), ==, 1);
  tear_down (&fixture);
}

static gboolean
is_watched_twice (gpointer user_data)
{
  return ((Fixture *) user_data)->fake->n_watches >= 2;
}

/* A broker that knows its past tells what changed: nothing is listed. */
static void
test_a_restart_without_a_gap_lists_nothing (void)
{
  Fixture fixture = { 0 };
  guint n_lists;

  set_up (&fixture, 3, NULL);
  n_lists = fixture.fake->n_lists;
  fake_broker_leave (fixture.fake);
  fake_broker_settle (fixture.fake);
  fake_broker_come (fixture.fake, FALSE);
  test_wait_until (is_watched_twice, &fixture, 10);
  fake_broker_settle (fixture.fake);
  g_assert_cmpuint (fixture.fake->n_lists, ==, n_lists);
  g_assert_cmpstr (fixture.changes->str, ==, "0 -0 +3");
  tear_down (&fixture);
}

static gboolean
is_paused (gpointer user_data)
{
  g_autoptr (OutboxUpload) upload = get (user_data, 999);

  return outbox_upload_get_state (upload) == OUTBOX_STATE_PAUSED;
}

/* One word of the broker for all of them, told often: those that have not arrived are asked for, and not each time. */
static void
test_holds_are_looked_at_once (void)
{
  Fixture fixture = { 0 };
  guint n_unfinished;

  set_up (&fixture, 1000, NULL);
  fake_broker_set (fixture.fake, 1, "done", 100, TRUE);
  for (guint i = 2; i <= 1000; i++)
    fake_broker_set (fixture.fake, i, "paused", 0, FALSE);
  for (guint i = 0; i < 20; i++)
    fake_broker_tell_holds (fixture.fake);
  test_wait_until (is_paused, &fixture, 10);
  fake_broker_settle (fixture.fake);
  n_unfinished = fixture.fake->n_unfinished_lists;
  /* Of two pages each: at once, and perhaps once more for what was told meanwhile. */
  g_assert_cmpuint (n_unfinished, >=, 2);
  g_assert_cmpuint (n_unfinished, <=, 4);
  g_assert_cmpuint (count (&fixture), ==, 1000);
  tear_down (&fixture);
}

static void
test_two_lists_share_a_watch (void)
{
  Fixture fixture = { 0 };
  g_autoptr (OutboxList) other = NULL;
  g_autoptr (GVariant) odd = g_variant_ref_sink (g_variant_new_parsed ("{'app': <'odd'>}"));
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  set_up (&fixture, 10, "{'app': <'odd'>}");
  g_assert_cmpuint (count (&fixture), ==, 5);
  g_assert_true (g_variant_equal (fixture.fake->watch_filter, odd));
  other = outbox_list_new (fixture.client, NULL);
  fake_broker_settle (fixture.fake);
  g_assert_true (g_variant_equal (fixture.fake->watch_filter, none));
  fake_broker_set (fixture.fake, 12, "queued", 0, TRUE);
  fake_broker_settle (fixture.fake);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (other)), ==, 11);
  g_assert_cmpuint (count (&fixture), ==, 5);
  g_clear_object (&other);
  g_clear_object (&fixture.list);
  fake_broker_settle (fixture.fake);
  g_assert_cmpuint (fixture.fake->n_unwatches, ==, 1);
  tear_down (&fixture);
}

static gboolean
has_error (gpointer user_data)
{
  g_autofree char *error = outbox_list_dup_error (user_data);

  return error != NULL;
}

/* A broker that says no is not asked again and again; the app can tell a person why. */
static void
test_a_refusal_is_told (void)
{
  Fixture fixture = { 0 };
  g_autoptr (OutboxList) list = NULL;
  g_autofree char *error = NULL;

  set_up (&fixture, 10, NULL);
  fixture.fake->refuses = TRUE;
  list = outbox_list_new (fixture.client, NULL);
  test_wait_until (has_error, list, 10);
  error = outbox_list_dup_error (list);
  g_assert_cmpstr (error, ==, "Not for you");
  g_assert_true (outbox_list_get_is_filling (list));
  g_clear_object (&list);
  tear_down (&fixture);
}

static void
on_first_page (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_object (&fixture->list);
}

static gboolean
is_dropped (gpointer user_data)
{
  return !((Fixture *) user_data)->list;
}

/* By the handler of its own signal: no further page is asked for. */
static void
test_a_list_can_be_dropped_while_it_fills (void)
{
  Fixture fixture = { 0 };
  guint n_lists;

  set_up (&fixture, 5 * PAGE, NULL);
  n_lists = fixture.fake->n_lists;
  g_object_unref (fixture.list);
  fixture.list = outbox_list_new (fixture.client, NULL);
  g_signal_connect (fixture.list, "items-changed", G_CALLBACK (on_first_page), &fixture);
  test_wait_until (is_dropped, &fixture, 10);
  fake_broker_settle (fixture.fake);
  g_assert_cmpuint (fixture.fake->n_lists, <=, n_lists + 2);
  tear_down (&fixture);
}

/* What a newer broker says is unknown here, and nothing worse. */
static void
test_words_of_a_newer_broker (void)
{
  Fixture fixture = { 0 };
  g_autoptr (OutboxUpload) upload = NULL, waiting = NULL;
  g_autofree char *label = NULL, *label_of_waiting = NULL;

  set_up (&fixture, 0, NULL);
  fake_broker_set (fixture.fake, 1, "hovering", 0, TRUE);
  fake_broker_settle (fixture.fake);
  upload = get (&fixture, 0);
  g_assert_cmpint (outbox_upload_get_state (upload), ==, OUTBOX_STATE_UNKNOWN);
  label = outbox_upload_dup_label (upload);
  g_assert_cmpstr (label, ==, "Unknown to this version");
  waiting = outbox_upload_new_for_document (g_variant_new_parsed (
      "{'state': <'paused'>, 'reasons': <['eclipse', 'user']>, 'receipt': <{'rung': <'sealed'>}>}"));
  g_assert_cmpint (outbox_upload_get_reason (waiting), ==, OUTBOX_REASON_UNKNOWN);
  g_assert_cmpint (outbox_upload_get_rung (waiting), ==, OUTBOX_RUNG_UNKNOWN);
  label_of_waiting = outbox_upload_dup_label (waiting);
  g_assert_cmpstr (label_of_waiting, ==, "Paused");
  tear_down (&fixture);
}

/* The nick of each value is its name on the bus. */
static void
test_types_are_the_tables (void)
{
  g_autoptr (GEnumClass) states = g_type_class_ref (OUTBOX_TYPE_STATE);
  g_autoptr (GEnumClass) reasons = g_type_class_ref (OUTBOX_TYPE_REASON);
  g_autoptr (GEnumClass) rungs = g_type_class_ref (OUTBOX_TYPE_RUNG);

  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    g_assert_cmpstr (g_enum_get_value (states, (int) i)->value_nick, ==, outbox_state_get_info (i)->name);
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    g_assert_cmpstr (g_enum_get_value (reasons, (int) i)->value_nick, ==, outbox_reason_get_info (i)->name);
  for (guint i = 1; i < OUTBOX_N_RUNGS; i++)
    g_assert_cmpstr (g_enum_get_value (rungs, (int) i)->value_nick, ==, outbox_rung_get_info (i)->name);
  g_assert_cmpuint (states->n_values, ==, OUTBOX_N_STATES + 1);
  g_assert_cmpuint (reasons->n_values, ==, OUTBOX_N_REASONS + 1);
  g_assert_true (G_TYPE_IS_FLAGS (OUTBOX_TYPE_SCOPE));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/list/ten-thousand-cost-a-call-and-a-change-a-page",
                   test_ten_thousand_cost_a_call_and_a_change_a_page);
  g_test_add_func ("/list/a-change-notifies-what-changed", test_a_change_notifies_what_changed);
  g_test_add_func ("/list/one-that-comes-or-goes-is-one-change", test_one_that_comes_or_goes_is_one_change);
  g_test_add_func ("/list/what-is-no-longer-wanted-leaves", test_what_is_no_longer_wanted_leaves);
  g_test_add_func ("/list/a-rebuilt-queue-changes-what-is-different", test_a_rebuilt_queue_changes_what_is_different);
  g_test_add_func ("/list/a-restart-without-a-gap-lists-nothing", test_a_restart_without_a_gap_lists_nothing);
  g_test_add_func ("/list/holds-are-looked-at-once", test_holds_are_looked_at_once);
  g_test_add_func ("/list/two-lists-share-a-watch", test_two_lists_share_a_watch);
  g_test_add_func ("/list/a-refusal-is-told", test_a_refusal_is_told);
  g_test_add_func ("/list/a-list-can-be-dropped-while-it-fills", test_a_list_can_be_dropped_while_it_fills);
  g_test_add_func ("/list/words-of-a-newer-broker", test_words_of_a_newer_broker);
  g_test_add_func ("/list/types-are-the-tables", test_types_are_the_tables);

  return g_test_run ();
}
