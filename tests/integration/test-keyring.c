/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secrets of a broker whose person has gnome-keyring: open, locked, absent, and back again.
 */
#include "support/broker.h"
#include "support/command.h"
#include "support/keyring.h"
#include "support/planted.h"

#include <glib/gstdio.h>

#define TOKEN "pl4nted-bearer-tok3n"
#define REQUIRE "{\"fault\":\"require-header\",\"name\":\"Authorization\",\"value\":\"Bearer " TOKEN "\"}"

typedef struct
{
  TestBroker *broker;
  TestKeyring *keyring;
  TestPlanted *planted;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = test_broker_new ();
  const char *address = test_broker_get_bus_address (broker);

  fixture->broker = broker;
  fixture->planted = test_planted_listen (address);
  fixture->keyring = test_keyring_start (broker->connection, address, broker->folder);
  test_peer_control (broker->peer, REQUIRE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  test_keyring_free (fixture->keyring);
  test_planted_free (fixture->planted);
  test_broker_free (fixture->broker);
}

/* --- What a person does --- */

static void
sign_in (Fixture *fixture)
{
  g_autofree char *line
      = g_strdup ("sh -c 'printf %s \"pl4nted-bearer\"-tok3n | \"$OUTBOX\" destination sign-in depot'");
  g_auto (TestCommand) command = test_command_start_line (fixture->broker, line);
  g_autofree char *said = test_command_finish (&command, 0);

  test_assert_has (said, "Signed in");
}

static char *
dup_place (Fixture *fixture)
{
  g_autoptr (GVariant) document = NULL;
  g_autoptr (GError) error = NULL;
  char *place = NULL;

  outbox_dbus_destinations_call_get_sync (fixture->broker->destinations, "depot", &document, NULL, &error);
  g_assert_no_error (error);
  (void) g_variant_lookup (document, "secret_place", "s", &place);

  return place;
}

static gboolean
is_in_keyring (gpointer data)
{
  g_autofree char *place = dup_place (data);

  return g_strcmp0 (place, "keyring") == 0;
}

static gboolean
is_keyring_empty (gpointer data)
{
  return test_keyring_count (((const Fixture *) data)->keyring) == 0;
}

static void
submit (Fixture *fixture, const char *name)
{
  g_autofree char *path = test_broker_make_file (fixture->broker, name, 100 * 1000, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = test_broker_submit (fixture->broker, path, NULL, &error);

  g_assert_no_error (error);
}

static void
start_again (Fixture *fixture)
{
  test_broker_kill (fixture->broker);
  test_broker_start (fixture->broker, NULL);
}

static guint
count_in_files (Fixture *fixture)
{
  return test_planted_count_files (fixture->broker->folder, TOKEN, "-");
}

static void
assert_held (Fixture *fixture)
{
  g_autofree char *said = NULL;

  test_broker_wait_for_all (fixture->broker, "paused", 30);
  said = test_command (fixture->broker, "status", 0);
  test_assert_has (said, "unlock your passwords");
  test_assert_has (said, "outbox destination unlock");
}

/* Whatever else doctor has to say of this machine. */
static void
assert_doctor_finds (Fixture *fixture, const char *code)
{
  g_autofree char *line
      = g_strdup_printf ("sh -c '\"$OUTBOX\" doctor --json >doctor.json || true; grep -c \"\\\"%s\\\"\" doctor.json'",
                         code);
  g_auto (TestCommand) command = test_command_start_line (fixture->broker, line);
  g_autofree char *said = test_command_finish (&command, 0);
}

static void
assert_unlock_says (Fixture *fixture, const char *words, int exit_code)
{
  g_autofree char *said = test_command (fixture->broker, "destination unlock", exit_code);

  test_assert_has (said, words);
}

/* --- Tests --- */

static void
test_an_open_keyring_has_the_secret (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  g_autofree char *out = NULL;
  g_autofree char *shown = NULL;

  sign_in (fixture);
  test_wait_until (is_in_keyring, fixture, 20);
  g_assert_cmpuint (test_keyring_count (fixture->keyring), ==, 1);
  g_assert_cmpuint (count_in_files (fixture), ==, 0);
  shown = test_command (broker, "destination show depot", 0);
  test_assert_has (shown, "in your keyring");
  assert_doctor_finds (fixture, "keyring-good");
  assert_unlock_says (fixture, "not locked", 0);
  start_again (fixture);
  submit (fixture, "a.jpg");
  test_broker_wait_for_all (broker, "done", 30);
  test_planted_assert_nowhere (fixture->planted, broker->folder, TOKEN);

  out = test_command (broker, "destination sign-out depot", 0);
  test_wait_until (is_keyring_empty, fixture, 20);
  g_assert_false (is_in_keyring (fixture));
}

static void
test_a_locked_keyring_is_waited_for (Fixture *fixture, gconstpointer data)
{
  sign_in (fixture);
  test_wait_until (is_in_keyring, fixture, 20);
  test_keyring_lock (fixture->keyring);
  start_again (fixture);
  submit (fixture, "a.jpg");
  assert_held (fixture);
  assert_doctor_finds (fixture, "keyring-locked");
  /* Nothing on this bus can show the keyring's window. */
  assert_unlock_says (fixture, "still locked", 1);
  test_keyring_unlock (fixture->keyring);
  test_broker_wait_for_all (fixture->broker, "done", 10);
}

/* Without the keyring the secret is out of reach. Who signs in again meanwhile goes on, and has it in the keyring when that is back. */
static void
test_a_keyring_comes_and_goes (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;

  sign_in (fixture);
  test_wait_until (is_in_keyring, fixture, 20);
  test_keyring_end (fixture->keyring);
  start_again (fixture);
  submit (fixture, "a.jpg");
  assert_held (fixture);
  assert_doctor_finds (fixture, "no-keyring");
  assert_unlock_says (fixture, "There is no keyring", 1);
  sign_in (fixture);
  test_broker_wait_for_all (broker, "done", 10);
  g_assert_false (is_in_keyring (fixture));
  g_assert_cmpuint (count_in_files (fixture), ==, 1);
  test_keyring_start_locked (fixture->keyring);
  submit (fixture, "b.jpg");
  test_broker_wait_for_all (broker, "done", 10);
  test_keyring_unlock (fixture->keyring);
  test_wait_until (is_in_keyring, fixture, 20);
  g_assert_cmpuint (test_keyring_count (fixture->keyring), ==, 1);
  g_assert_cmpuint (count_in_files (fixture), ==, 0);
}

/* Killed when the keyring has it and the file is still there: it is found in either, and moves once more. */
static void
test_a_move_is_killed (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;

  test_broker_stop (broker);
  test_broker_start (broker, "secret-moved");
  sign_in (fixture);
  test_broker_wait_for_death (broker, 20);
  g_assert_cmpuint (count_in_files (fixture), ==, 1);
  g_assert_cmpuint (test_keyring_count (fixture->keyring), ==, 1);
  test_keyring_lock (fixture->keyring);
  test_broker_start (broker, NULL);
  submit (fixture, "a.jpg");
  test_broker_wait_for_all (broker, "done", 10);
  test_keyring_unlock (fixture->keyring);
  test_wait_until (is_in_keyring, fixture, 20);
  g_assert_cmpuint (test_keyring_count (fixture->keyring), ==, 1);
  g_assert_cmpuint (count_in_files (fixture), ==, 0);
}

/* What is no secret stays where a locked keyring cannot keep it from anybody. */
static void
test_a_token_command_stays_in_its_file (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  g_autofree char *in = test_command (broker, "destination sign-in depot --command", 0);
  g_autofree char *place = NULL;

  /* The next one is looked at after it. */
  start_again (fixture);
  place = dup_place (fixture);
  g_assert_cmpstr (place, ==, "file");
  sign_in (fixture);
  test_wait_until (is_in_keyring, fixture, 20);
}

static gboolean
is_in_file_alone (gpointer data)
{
  g_autofree char *place = dup_place (data);

  return g_strcmp0 (place, "file") == 0 && is_keyring_empty (data);
}

static void
test_the_configuration_wants_files (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  g_autofree char *folder = g_build_filename (broker->folder, "outbox", NULL);
  g_autofree char *path = g_build_filename (folder, "outbox.conf", NULL);

  sign_in (fixture);
  test_wait_until (is_in_keyring, fixture, 20);
  (void) g_mkdir (folder, 0700);
  g_assert_true (g_file_set_contents (path, "[Secrets]\nstore=file\n", -1, NULL));
  test_wait_until (is_in_file_alone, fixture, 20);
  submit (fixture, "a.jpg");
  test_broker_wait_for_all (broker, "done", 10);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/keyring/an-open-one-has-the-secret", Fixture, NULL, set_up, test_an_open_keyring_has_the_secret,
              tear_down);
  g_test_add ("/keyring/a-locked-one-is-waited-for", Fixture, NULL, set_up, test_a_locked_keyring_is_waited_for,
              tear_down);
  g_test_add ("/keyring/one-that-comes-and-goes", Fixture, NULL, set_up, test_a_keyring_comes_and_goes, tear_down);
  g_test_add ("/keyring/a-killed-move", Fixture, NULL, set_up, test_a_move_is_killed, tear_down);
  g_test_add ("/keyring/a-token-command", Fixture, NULL, set_up, test_a_token_command_stays_in_its_file, tear_down);
  g_test_add ("/keyring/files-are-wanted", Fixture, NULL, set_up, test_the_configuration_wants_files, tear_down);

  return g_test_run ();
}
