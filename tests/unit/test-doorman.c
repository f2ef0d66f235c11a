/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whom the administrator's list of web apps lets in without a question, and that nobody else can write it.
 */
#include "dbus/error.h"
#include "ipc/kiosk.h"
#include "ipc/requests/doorman.h"
#include "support/rig.h"
#include "support/said.h"
#include "support/wait.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define PAGE "https://capture.example"

/* --- The list --- */

typedef enum
{
  IS_LISTED,
  IS_NOT_LISTED,
  IS_BAD, /* and nobody is */
} Expected;

static void
test_the_list (void)
{
  const struct
  {
    const char *text;
    Expected own, manage; /* of a page that asks for its own uploads, and for all */
  } rows[] = {
    { "", IS_NOT_LISTED, IS_NOT_LISTED },
    { "# nobody\n", IS_NOT_LISTED, IS_NOT_LISTED },
    { "[App a]\norigin=" PAGE "\n", IS_LISTED, IS_NOT_LISTED },
    { "[App a]\norigin=" PAGE "\nmanage=false\n", IS_LISTED, IS_NOT_LISTED },
    { "[App a]\norigin=" PAGE "\nmanage=true\n", IS_LISTED, IS_LISTED },
    { "[App a]\norigin=HTTPS://Capture.Example:443\n", IS_LISTED, IS_NOT_LISTED },
    { "[App a]\norigin=" PAGE ":8443\n", IS_NOT_LISTED, IS_NOT_LISTED },
    { "[App a]\norigin=https://example\n", IS_NOT_LISTED, IS_NOT_LISTED },
    { "[App a]\norigin=https://other.example\nmanage=true\n[App b]\norigin=" PAGE "\n", IS_LISTED, IS_NOT_LISTED },
    { "[App a]\norigin=" PAGE "\n[App b]\norigin=" PAGE "\nmanage=true\n", IS_LISTED, IS_LISTED },
    { "[App]\norigin=" PAGE "\n", IS_BAD, IS_BAD },
    { "[Rule a]\norigin=" PAGE "\n", IS_BAD, IS_BAD },
    { "[App a]\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=*\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=null\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=http://capture.example\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=" PAGE "/\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=" PAGE ";https://other.example\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=" PAGE "\nmanage=yes\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=" PAGE "\ntoken=x\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=" PAGE "\n[App b]\norigin=\n", IS_BAD, IS_BAD },
    { "origin=" PAGE "\n", IS_BAD, IS_BAD },
    { "[App a]\norigin=" PAGE "\n\xff\n", IS_BAD, IS_BAD },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint manage = 0; manage <= 1; manage++)
      {
        const ObFetched file = { .path = (char *) "web-apps.conf",
                                 .text = (char *) rows[i].text,
                                 .size_bytes = strlen (rows[i].text),
                                 .is_roots = TRUE };
        const Expected expected = manage ? rows[i].manage : rows[i].own;
        g_autoptr (GError) error = NULL;
        const gboolean is_listed = ob_kiosk_lists (&file, PAGE, manage != 0, &error);

        g_test_message ("row %u (%u): %s", i, manage, error ? error->message : is_listed ? "listed" : "not");
        g_assert_cmpint (error ? IS_BAD : is_listed ? IS_LISTED : IS_NOT_LISTED, ==, expected);
        if (error)
          g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
      }
}

static void
test_files_that_do_not_count (void)
{
  static const char text[] = "[App a]\norigin=" PAGE "\n";
  ObFetched file = { .path = (char *) "web-apps.conf", .text = (char *) text, .size_bytes = strlen (text) };
  const ObFetched none = { .path = (char *) "web-apps.conf", .error = ENOENT };
  const ObFetched unreadable = { .path = (char *) "web-apps.conf", .error = EACCES };
  g_autoptr (GError) of_others = NULL;
  g_autoptr (GError) of_none = NULL;
  g_autoptr (GError) of_unreadable = NULL;

  g_assert_false (ob_kiosk_lists (&file, PAGE, FALSE, &of_others));
  g_assert_error (of_others, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_assert_false (ob_kiosk_lists (&none, PAGE, FALSE, &of_none));
  g_assert_no_error (of_none);
  g_assert_false (ob_kiosk_lists (&unreadable, PAGE, FALSE, &of_unreadable));
  g_assert_error (of_unreadable, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
}

/* --- The doorman --- */

typedef struct
{
  TestRig *rig;
  ObPairing *pairing;
  char *list;
  char *secret; /* of the page */
  guint n_told; /* how often a person was told */
} Scene;

static void
on_changed (const ObPairingRequest *request, gpointer user_data)
{
  if (!request)
    return;
  g_assert_cmpstr (request->origin, ==, PAGE);
  ((Scene *) user_data)->n_told++;
}

static ObPairingPoll
poll (Scene *scene)
{
  const char *token;
  gint64 interval_ms;

  test_rig_advance (scene->rig, OB_PAIRING_INTERVAL_MOST_MS);

  return ob_pairing_poll (scene->pairing, PAGE, scene->secret, ob_broker_get_boot_ms (scene->rig->broker), &token,
                          &interval_ms);
}

/* Whoever is no longer listed was told of, or let in. */
static gboolean
is_decided (gpointer data)
{
  Scene *scene = data;
  g_autoptr (GPtrArray) waiting = ob_pairing_list (scene->pairing, ob_broker_get_boot_ms (scene->rig->broker));

  test_rig_settle (scene->rig);

  return waiting->len == 0 || scene->n_told > 0;
}

static void
ask (Scene *scene, gboolean may_manage)
{
  g_clear_pointer (&scene->secret, g_free);
  scene->n_told = 0;
  g_assert_nonnull (ob_pairing_ask (scene->pairing, PAGE, may_manage, ob_broker_get_boot_ms (scene->rig->broker),
                                    &scene->secret, NULL));
  /* Nobody is told before the list was read. */
  g_assert_cmpuint (scene->n_told, ==, 0);
  test_wait_until (is_decided, scene, 20);
}

/* A list that others can write is left, and the log says so. */
static void
ask_in_vain (Scene *scene)
{
  g_auto (TestSaid) said = { 0 };
  g_autofree char *words = NULL;

  test_said_begin (&said);
  ask (scene, FALSE);
  test_said_end (&said);
  words = test_said_read (&said);
  g_assert_nonnull (strstr (words, "others than root may write it"));
  g_assert_nonnull (strstr (ob_pairing_get_problem (scene->pairing), "others than root may write it"));
  g_assert_cmpuint (scene->n_told, ==, 1);
  test_rig_advance (scene->rig, OB_PAIRING_OPEN_MS);
}

static void
write_list (Scene *scene, const char *text, mode_t mode)
{
  g_assert_true (g_file_set_contents (scene->list, text, -1, NULL));
  g_assert_cmpint (g_chmod (scene->list, mode), ==, 0);
}

static void
test_who_is_let_in (TestRig *rig, gconstpointer data)
{
  static const char listed[] = "[App a]\norigin=" PAGE "\n";
  g_autoptr (ObPairing) pairing = ob_pairing_new ();
  const ObRequestContext context = { .broker = rig->broker, .pairing = pairing };
  g_autofree char *folder = g_build_filename (rig->folder, "etc", NULL);
  g_autofree char *list = g_build_filename (folder, OB_KIOSK_FILE, NULL);
  g_autofree char *nowhere = g_build_filename (rig->folder, "nowhere", NULL);
  const char *const folders[] = { nowhere, folder, NULL };
  g_autoptr (ObDoorman) doorman = ob_doorman_new (&context, folders);
  Scene scene = { rig, pairing, list, NULL, 0 };

  ob_pairing_watch (pairing, on_changed, &scene);
  ask (&scene, FALSE);
  g_assert_cmpuint (scene.n_told, ==, 1);
  g_assert_cmpint (poll (&scene), ==, OB_PAIRING_POLL_PENDING);
  test_rig_advance (rig, OB_PAIRING_OPEN_MS);

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  write_list (&scene, listed, 0664);
  ask_in_vain (&scene);
  write_list (&scene, listed, 0644);
  g_assert_cmpint (g_chmod (folder, 0777), ==, 0);
  ask_in_vain (&scene);
  g_assert_cmpint (g_chmod (folder, 0755), ==, 0);

  if (geteuid () != 0)
    {
      g_test_skip ("only root can write a list that counts");
      return;
    }
  ask (&scene, FALSE);
  g_assert_cmpuint (scene.n_told, ==, 0);
  g_assert_cmpstr (ob_pairing_get_problem (pairing), ==, "");
  g_assert_cmpint (poll (&scene), ==, OB_PAIRING_POLL_APPROVED);
  /* It asks for more than the list allows. */
  ask (&scene, TRUE);
  g_assert_cmpuint (scene.n_told, ==, 1);
  g_assert_cmpint (poll (&scene), ==, OB_PAIRING_POLL_PENDING);
  g_free (scene.secret);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* What is wrong with a list is a warning. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/doorman/the-list", test_the_list);
  g_test_add_func ("/doorman/files-that-do-not-count", test_files_that_do_not_count);
  g_test_add ("/doorman/who-is-let-in", TestRig, NULL, test_rig_set_up, test_who_is_let_in, test_rig_tear_down);

  return g_test_run ();
}
