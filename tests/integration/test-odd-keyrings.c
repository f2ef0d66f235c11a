/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keyrings that do not answer, that go away, that lie: each row of the table in store/keyring.h.
 */
#include "dbus/error.h"
#include "store/keyring.h"
#include "support/child.h"
#include "support/system-bus.h"
#include "support/wait.h"

#include <glib/gstdio.h>

#define SECRET "what is to be kept"
#define ID "019012d7-0000-7000-8000-000000000001"

#define PATIENT_MS 20000
#define HASTY_MS 300

typedef struct
{
  char *folder;
  TestPeer *bus;
  GDBusConnection *connection; /* that the whole program shares, as libsecret does */
  GSubprocess *service;        /* NULL: there is none */
} Fixture;

static Fixture fixture;

/* --- The service --- */

static gboolean
has_owner (gpointer data)
{
  g_autoptr (GVariant) answer
      = g_dbus_connection_call_sync (fixture.connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "NameHasOwner",
                                     g_variant_new ("(s)", "org.freedesktop.secrets"), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                                     NULL, NULL);
  gboolean has_one = FALSE;

  g_variant_get (answer, "(b)", &has_one);

  return has_one;
}

static void
start_service (void)
{
  g_autofree char *program = g_build_filename (g_getenv ("SERVERS"), "odd-keyring.py", NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, test_child_die_with_parent, NULL, NULL);
  fixture.service = g_subprocess_launcher_spawn (launcher, &error, "/usr/bin/python3", program,
                                                 test_peer_get_url (fixture.bus), NULL);
  g_assert_no_error (error);
  test_wait_until (has_owner, NULL, 30);
}

static GVariant *
control (const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  GVariant *answer
      = g_dbus_connection_call_sync (fixture.connection, "org.freedesktop.secrets", "/control", "org.example.Control",
                                     method, parameters, NULL, G_DBUS_CALL_FLAGS_NONE, 10000, NULL, &error);

  g_assert_no_error (error);

  return answer;
}

static void
set_fault (const char *fault)
{
  g_autoptr (GVariant) answer = control ("Set", g_variant_new ("(s)", fault));
}

/* @items: a(st) as text */
static void
fill (const char *items)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed = g_variant_parse (G_VARIANT_TYPE ("a(st)"), items, NULL, NULL, &error);
  g_autoptr (GVariant) answer = NULL;

  g_assert_no_error (error);
  answer = control ("Fill", g_variant_new ("(@a(st))", parsed));
}

static guint
count_items (guint *n_dismissed)
{
  g_autoptr (GVariant) answer = control ("Count", NULL);
  guint n_items, unused;

  g_variant_get (answer, "(uu)", &n_items, n_dismissed ? n_dismissed : &unused);

  return n_items;
}

/* --- What is asked --- */

typedef struct
{
  char *secret;
  GError *error;
  guint n_answers;
} Answer;

static void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->secret, g_free);
  g_clear_error (&answer->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
on_done (const char *secret, const GError *error, gpointer user_data)
{
  Answer *answer = user_data;

  answer->n_answers++;
  answer->secret = g_strdup (secret);
  answer->error = error ? g_error_copy (error) : NULL;
}

static gboolean
is_answered (gpointer data)
{
  return ((const Answer *) data)->n_answers > 0;
}

static void
on_changed (gpointer user_data)
{
  if (user_data)
    (*(guint *) user_data)++;
}

static gboolean
is_settled (gpointer data)
{
  return ob_keyring_get_state (data) != OB_KEYRING_OPENING;
}

static ObKeyring *
open_keyring (guint patience_ms)
{
  ObKeyring *keyring = ob_keyring_new (patience_ms, on_changed, NULL);

  ob_keyring_attach (keyring, fixture.connection, FALSE);

  return keyring;
}

typedef enum
{
  READ,
  WRITE,
  REMOVE
} Kind;

static void
ask (ObKeyring *keyring, Kind kind, Answer *answer)
{
  if (kind == READ)
    ob_keyring_read (keyring, ID, on_done, answer);
  else if (kind == WRITE)
    ob_keyring_write (keyring, ID, "Outbox: depot", SECRET, on_done, answer);
  else
    ob_keyring_remove (keyring, ID, on_done, answer);
  test_wait_until (is_answered, answer, 30);
}

/* --- Tests --- */

static void
test_how_it_is (void)
{
  static const struct
  {
    const char *fault;
    ObKeyringState state;
    guint patience_ms;
  } rows[] = {
    { "none", OB_KEYRING_OPEN, PATIENT_MS },
    { "locked", OB_KEYRING_LOCKED, PATIENT_MS },
    { "no-collection", OB_KEYRING_ABSENT, PATIENT_MS },
    { "plain", OB_KEYRING_ABSENT, PATIENT_MS },
    { "restless", OB_KEYRING_OPEN, PATIENT_MS },
    { "silent", OB_KEYRING_SILENT, HASTY_MS },
    { "no-alias-answer", OB_KEYRING_SILENT, HASTY_MS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ObKeyring *keyring;

      g_test_message ("%s", rows[i].fault);
      set_fault (rows[i].fault);
      keyring = open_keyring (rows[i].patience_ms);
      test_wait_until (is_settled, keyring, 30);
      g_assert_cmpint (ob_keyring_get_state (keyring), ==, rows[i].state);
      ob_keyring_free (keyring);
    }
}

static void
test_what_it_answers (void)
{
  static const struct
  {
    const char *fault, *items;
    Kind kind;
    int code; /* -1: it is good */
    const char *words;
    guint patience_ms;
  } rows[] = {
    { "none", "[]", WRITE, -1, NULL, PATIENT_MS },
    { "none", "[('" SECRET "', 1)]", READ, -1, NULL, PATIENT_MS },
    { "none", "[]", READ, OUTBOX_ERROR_NOT_FOUND, "no such secret", PATIENT_MS },
    { "none", "[('" SECRET "', 9), ('older', 3)]", READ, -1, NULL, PATIENT_MS },
    { "none", "[('older', 3), ('" SECRET "', 9)]", READ, -1, NULL, PATIENT_MS },
    { "none", "[('binary', 9), ('" SECRET "', 3)]", READ, -1, NULL, PATIENT_MS },
    { "none", "[('binary', 9)]", READ, OUTBOX_ERROR_NOT_FOUND, "no such secret", PATIENT_MS },
    { "none", "[('huge', 9)]", READ, OUTBOX_ERROR_NOT_FOUND, "no such secret", PATIENT_MS },
    { "none", "[('a', 1), ('b', 2), ('c', 3)]", REMOVE, -1, NULL, PATIENT_MS },
    { "none", "[]", REMOVE, -1, NULL, PATIENT_MS },
    { "restless", "[]", WRITE, -1, NULL, PATIENT_MS },
    { "locked", "[('" SECRET "', 1)]", READ, OUTBOX_ERROR_WRONG_STATE, "locked", PATIENT_MS },
    { "locked", "[]", WRITE, OUTBOX_ERROR_WRONG_STATE, "locked", PATIENT_MS },
    { "item-locked", "[('" SECRET "', 1)]", READ, OUTBOX_ERROR_WRONG_STATE, "locked", PATIENT_MS },
    { "no-collection", "[]", READ, OUTBOX_ERROR_WRONG_STATE, "no keyring", PATIENT_MS },
    { "silent", "[]", READ, OUTBOX_ERROR_WRONG_STATE, "does not answer", HASTY_MS },
    { "silent-search", "[]", READ, OUTBOX_ERROR_WRONG_STATE, "does not answer", HASTY_MS },
    { "silent-search", "[]", WRITE, OUTBOX_ERROR_WRONG_STATE, "does not answer", HASTY_MS },
    { "silent-search", "[]", REMOVE, OUTBOX_ERROR_WRONG_STATE, "does not answer", HASTY_MS },
    { "silent-secrets", "[('" SECRET "', 1)]", READ, OUTBOX_ERROR_WRONG_STATE, "does not answer", HASTY_MS },
    { "prompts", "[]", WRITE, OUTBOX_ERROR_WRONG_STATE, "ask its person", PATIENT_MS },
    { "forgets", "[]", WRITE, OUTBOX_ERROR_NOT_FOUND, "no such secret", PATIENT_MS },
    { "alters", "[]", WRITE, OUTBOX_ERROR_WRONG_STATE, "does not keep", PATIENT_MS },
    { "fails", "[('" SECRET "', 1)]", READ, OUTBOX_ERROR_WRONG_STATE, "out of order", PATIENT_MS },
    { "deleted", "[]", READ, OUTBOX_ERROR_WRONG_STATE, "in trouble", PATIENT_MS },
    { "wrong-key", "[('" SECRET "', 1)]", READ, OUTBOX_ERROR_NOT_FOUND, "no such secret", PATIENT_MS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (Answer) answer = { NULL };
      ObKeyring *keyring;

      g_test_message ("%u %s", i, rows[i].fault);
      set_fault (rows[i].fault);
      fill (rows[i].items);
      keyring = open_keyring (rows[i].patience_ms);
      ask (keyring, rows[i].kind, &answer);
      if (rows[i].code < 0)
        {
          g_assert_no_error (answer.error);
          g_assert_cmpstr (answer.secret, ==, rows[i].kind == READ ? SECRET : NULL);
          g_assert_cmpuint (count_items (NULL) > 0, ==, rows[i].kind != REMOVE);
        }
      else
        {
          g_assert_error (answer.error, OUTBOX_ERROR, rows[i].code);
          g_assert_nonnull (strstr (answer.error->message, rows[i].words));
          g_assert_null (answer.secret);
        }
      ob_keyring_free (keyring);
      g_assert_cmpuint (answer.n_answers, ==, 1);
    }
}

static void
test_a_prompt_is_dismissed (void)
{
  g_auto (Answer) answer = { NULL };
  ObKeyring *keyring;
  guint before = 0, after = 0;

  (void) count_items (&before);
  set_fault ("prompts");
  keyring = open_keyring (PATIENT_MS);
  ask (keyring, WRITE, &answer);
  (void) count_items (&after);
  g_assert_cmpuint (after, ==, before + 1);
  ob_keyring_free (keyring);
}

static gboolean
has_changed (gpointer data)
{
  return *(const guint *) data > 0;
}

static void
test_it_is_heard_that_it_opens (void)
{
  guint n_changes = 0;
  ObKeyring *keyring = ob_keyring_new (PATIENT_MS, on_changed, &n_changes);

  set_fault ("locked");
  ob_keyring_attach (keyring, fixture.connection, FALSE);
  test_wait_until (has_changed, &n_changes, 20);
  g_assert_cmpint (ob_keyring_get_state (keyring), ==, OB_KEYRING_LOCKED);
  n_changes = 0;
  set_fault ("none");
  test_wait_until (has_changed, &n_changes, 20);
  g_assert_cmpint (ob_keyring_get_state (keyring), ==, OB_KEYRING_OPEN);
  ob_keyring_free (keyring);
}

/* Whoever waits is told, and nothing of libsecret's is left. */
static void
test_the_end_ends_what_is_asked (void)
{
  g_auto (Answer) answer = { NULL };
  ObKeyring *keyring;

  set_fault ("silent-search");
  keyring = open_keyring (PATIENT_MS);
  test_wait_until (is_settled, keyring, 20);
  ob_keyring_read (keyring, ID, on_done, &answer);
  g_assert_cmpuint (answer.n_answers, ==, 0);
  ob_keyring_free (keyring);
  g_assert_cmpuint (answer.n_answers, ==, 1);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
}

static gboolean
is_open (gpointer data)
{
  return ob_keyring_get_state (data) == OB_KEYRING_OPEN;
}

static void
test_it_vanishes_and_comes_back (void)
{
  g_auto (Answer) answer = { NULL };
  g_auto (Answer) later = { NULL };
  ObKeyring *keyring;

  set_fault ("vanishes");
  keyring = open_keyring (PATIENT_MS);
  ask (keyring, READ, &answer);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
  g_assert_true (g_subprocess_wait (fixture.service, NULL, NULL));
  g_clear_object (&fixture.service);
  start_service ();
  test_wait_until (is_open, keyring, 20);
  ask (keyring, WRITE, &later);
  g_assert_no_error (later.error);
  ob_keyring_free (keyring);
}

int
main (int argc, char *argv[])
{
  const char *remove[] = { "rm", "-r", NULL, NULL };
  int exit_code;

  g_test_init (&argc, &argv, NULL);
  fixture.folder = g_dir_make_tmp ("outbox-bus-XXXXXX", NULL);
  fixture.bus = test_bus_start (fixture.folder);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", test_peer_get_url (fixture.bus), TRUE);
  fixture.connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_dbus_connection_set_exit_on_close (fixture.connection, FALSE);
  start_service ();
  g_test_add_func ("/odd-keyrings/how-it-is", test_how_it_is);
  g_test_add_func ("/odd-keyrings/what-it-answers", test_what_it_answers);
  g_test_add_func ("/odd-keyrings/a-prompt-is-dismissed", test_a_prompt_is_dismissed);
  g_test_add_func ("/odd-keyrings/it-is-heard-that-it-opens", test_it_is_heard_that_it_opens);
  g_test_add_func ("/odd-keyrings/the-end-ends-what-is-asked", test_the_end_ends_what_is_asked);
  g_test_add_func ("/odd-keyrings/it-vanishes-and-comes-back", test_it_vanishes_and_comes_back);
  exit_code = g_test_run ();

  g_subprocess_force_exit (fixture.service);
  g_clear_object (&fixture.service);
  g_clear_object (&fixture.connection);
  test_peer_free (fixture.bus);
  remove[2] = fixture.folder;
  (void) g_spawn_sync (NULL, (char **) remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
  g_free (fixture.folder);

  return exit_code;
}
