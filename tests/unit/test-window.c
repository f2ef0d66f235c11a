/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What may be unread on its way to a watcher.
 */
#include "ipc/dbus/window.h"

/* s: a small signal, L: one as large as the window; a: the ping is answered; ends with how it stands then: open or closed. A
 * ping is wanted after letters that are followed by "!". */
static void
assert_story (const char *story)
{
  ObWindow window = { 0 };

  g_test_message ("%s", story);
  for (; *story; story++)
    {
      gboolean is_ping_due = FALSE;

      if (*story == 'o' || *story == 'c')
        {
          g_assert_true (ob_window_is_open (&window) == (*story == 'o'));
          continue;
        }
      if (*story == 'a')
        is_ping_due = ob_window_hear (&window);
      else
        is_ping_due = ob_window_send (&window, *story == 's' ? OB_WINDOW_BYTES / 3 : OB_WINDOW_BYTES);
      g_assert_true (is_ping_due == (story[1] == '!'));
      story += is_ping_due;
    }
}

static void
test_stories (void)
{
  const char *const stories[] = {
    "o",
    "so",
    "ss!o",      /* more than half: asked before it closes */
    "ss!sc",     /* and closes, without a second ping */
    "ss!ao",     /* read */
    "ss!scao",   /* what came after the ping is unread still */
    "ss!sas!sc", /* so the next ping comes sooner */
    "L!c",
    "L!cao",
    "L!cLca!c",  /* what was sent all the same is asked for at once */
    "L!cLca!cao",
  };

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++)
    assert_story (stories[i]);
}

/* Whatever is sent and answered, in whatever order: who sends only into an open window has at most a window and a message
 * unread, there is a ping on its way whenever it is closed, and all is read when all are answered. */
static void
test_any_order (void)
{
  for (guint round = 0; round < 1000; round++)
    {
      ObWindow window = { 0 };

      for (guint step = 0; step < 50; step++)
        {
          gsize bytes = (gsize) g_test_rand_int_range (0, OB_WINDOW_BYTES);

          if (window.pinged_bytes > 0 && g_test_rand_int_range (0, 2) == 0)
            (void) ob_window_hear (&window);
          else if (ob_window_is_open (&window))
            (void) ob_window_send (&window, bytes);
          g_assert_cmpuint (window.unread_bytes, <, 2 * OB_WINDOW_BYTES + 1024);
          g_assert_true (ob_window_is_open (&window) || window.pinged_bytes > 0);
        }
      while (window.pinged_bytes > 0)
        (void) ob_window_hear (&window);
      g_assert_true (ob_window_is_open (&window));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/window/stories", test_stories);
  g_test_add_func ("/window/any-order", test_any_order);

  return g_test_run ();
}
