/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Callers take turns in a line, whatever else keeps the main loop busy.
 */
#include "ipc/line.h"

/* What was served, in order, and what was dropped. */
static GString *served, *dropped;

static void
serve (gpointer call)
{
  g_string_append_printf (served, "%s ", (const char *) call);
}

static void
drop (gpointer call)
{
  g_string_append_printf (dropped, "%s ", (const char *) call);
}

static const ObLineCall kind = { serve, drop };

static void
set_up (void)
{
  served = g_string_new (NULL);
  dropped = g_string_new (NULL);
}

static void
tear_down (void)
{
  g_string_free (served, TRUE);
  g_string_free (dropped, TRUE);
}

static void
add (ObLine *line, const char *caller, const char *call)
{
  ob_line_add (line, caller, &kind, (gpointer) call);
}

static void
run_until (const char *call)
{
  while (!strstr (served->str, call))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_callers_take_turns (void)
{
  g_autoptr (ObLine) line = ob_line_new ();

  set_up ();
  add (line, "a", "a1");
  add (line, "a", "a2");
  add (line, "a", "a3");
  add (line, "b", "b1");
  add (line, "c", "c1");
  add (line, "b", "b2");
  run_until ("a3");
  g_assert_cmpstr (served->str, ==, "a1 b1 c1 a2 b2 a3 ");
  add (line, "a", "a4");
  run_until ("a4");
  g_assert_cmpstr (dropped->str, ==, "");
  tear_down ();
}

static gboolean
on_busy (gpointer count)
{
  ++*(guint *) count;

  return G_SOURCE_CONTINUE;
}

/* A source of a higher priority that is always ready leaves the line its place. */
static void
test_a_busy_loop_leaves_room (void)
{
  g_autoptr (ObLine) line = ob_line_new ();
  guint n_busy = 0;
  guint busy = g_idle_add_full (G_PRIORITY_DEFAULT, on_busy, &n_busy, NULL);

  set_up ();
  add (line, "a", "a1");
  run_until ("a1");
  add (line, "b", "b1");
  add (line, "a", "a2");
  run_until ("a2");
  g_assert_cmpstr (served->str, ==, "a1 b1 a2 ");
  g_assert_cmpuint (n_busy, >, 0);
  g_source_remove (busy);
  tear_down ();
}

static void
test_what_waits_at_the_end_is_dropped (void)
{
  ObLine *line = ob_line_new ();

  set_up ();
  add (line, "a", "a1");
  add (line, "b", "b1");
  add (line, "a", "a2");
  ob_line_free (line);
  g_assert_cmpstr (served->str, ==, "");
  g_assert_cmpstr (dropped->str, ==, "a1 b1 a2 ");
  g_assert_false (g_main_context_pending (NULL));
  tear_down ();
}

/* A call may have another one join the line. */
static void
serve_again (gpointer line)
{
  add (line, "b", "b1");
}

static void
test_a_call_adds_another (void)
{
  static const ObLineCall adding = { serve_again, drop };
  g_autoptr (ObLine) line = ob_line_new ();

  set_up ();
  ob_line_add (line, "a", &adding, line);
  run_until ("b1");
  g_assert_cmpstr (served->str, ==, "b1 ");
  tear_down ();
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/line/callers-take-turns", test_callers_take_turns);
  g_test_add_func ("/line/a-busy-loop-leaves-room", test_a_busy_loop_leaves_room);
  g_test_add_func ("/line/what-waits-at-the-end-is-dropped", test_what_waits_at_the_end_is_dropped);
  g_test_add_func ("/line/a-call-adds-another", test_a_call_adds_another);

  return g_test_run ();
}
