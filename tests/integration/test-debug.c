/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What OUTBOX_DEBUG has the daemon say of a delivery: the decisions of the domains that are asked for, and no others. That it says
 * no secret is in test-shown.c.
 */
#include "support/command.h"
#include "support/said.h"

#include <string.h>

typedef struct
{
  const char *path;
  const char *wanted;     /* OUTBOX_DEBUG; NULL: it is not set */
  const char *domains[6]; /* that say something */
  gboolean is_warned;     /* a word of it is no domain */
} Row;

static const Row rows[] = {
  { "/debug/all", "all", { "gate", "runs", "transfer", "store", "ipc" }, FALSE },
  { "/debug/two-domains", "gate,runs", { "gate", "runs" }, FALSE },
  { "/debug/one-domain-and-a-slip", "rnus, transfer", { "transfer" }, TRUE },
  { "/debug/not-set", NULL, { NULL }, FALSE },
};

/* Of each domain a line that a delivery with a pause of its destination brings, with the upload's id where there is %s. */
static const struct
{
  const char *domain;
  const char *line;
} lines[] = {
  { "gate", "outbox-gate-DEBUG: *: depot: the destination is held: user; failed 0 times" },
  { "gate", "outbox-gate-DEBUG: *: %s: matches rule default by" },
  { "runs", "outbox-runs-DEBUG: *: %s: starts for depot: priority 0, age 0, failed 0 times" },
  { "runs", "outbox-runs-DEBUG: *: %s: the attempt has ended (done): now done" },
  { "transfer", "outbox-transfer-DEBUG: *: %s: sends a chunk of 5000 bytes from 0" },
  { "transfer", "outbox-transfer-DEBUG: *: %s: ends: done, confirmed by confirm-url" },
  { "store", "outbox-store-DEBUG: *: %s: a file of * has come in: 5000 bytes read, good" },
  { "ipc", "outbox-ipc-DEBUG: *: * asks for Uploads.Submit" },
};

static gboolean
has_line (char **said, const char *pattern)
{
  g_autofree char *anywhere = g_strdup_printf ("*%s*", pattern);

  for (; *said; said++)
    if (g_pattern_match_simple (anywhere, *said))
      return TRUE;

  return FALSE;
}

static char *
deliver (TestSaid *errors)
{
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  char *id;

  test_said_begin (errors);
  broker = test_broker_new ();
  test_said_end (errors);
  (void) outbox_dbus_destinations_call_pause_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  path = test_broker_make_file (broker, "photo.jpg", 5000, 1);
  id = test_broker_submit (broker, path, NULL, &error);
  g_assert_no_error (error);
  (void) outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_broker_wait_for_all (broker, "done", 20);
  test_broker_stop (broker);

  return id;
}

static void
test_the_domains_that_are_wanted_speak (gconstpointer data)
{
  const Row *row = data;
  g_auto (TestSaid) errors = { 0 };
  g_autofree char *id = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) said = NULL;

  if (row->wanted)
    (void) g_setenv ("OUTBOX_DEBUG", row->wanted, TRUE);
  else
    g_unsetenv ("OUTBOX_DEBUG");
  id = deliver (&errors);
  text = test_said_read (&errors);
  said = g_strsplit (text, "\n", -1);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      const char *place = strstr (lines[i].line, "%s");
      g_autofree char *pattern = place ? g_strdup_printf ("%.*s%s%s", (int) (place - lines[i].line), lines[i].line, id,
                                                          place + strlen ("%s"))
                                       : g_strdup (lines[i].line);
      g_autofree char *name = g_strdup_printf ("outbox-%s-DEBUG", lines[i].domain);
      gboolean is_wanted = g_strv_contains (row->domains, lines[i].domain);

      if (has_line (said, is_wanted ? pattern : name) != is_wanted)
        g_error ("%s: %s %s in: %s", row->path, is_wanted ? "no line" : "a line of", is_wanted ? pattern : name, text);
    }
  g_assert_cmpint (has_line (said, "OUTBOX_DEBUG: rnus is none of"), ==, row->is_warned);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_test_add_data_func (rows[i].path, &rows[i], test_the_domains_that_are_wanted_speak);

  return g_test_run ();
}
