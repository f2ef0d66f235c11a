/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox-link: the tests' link as a program. It relays to a server, and obeys a line at a time on standard input: "down"
 * resets every connection, "up" mends it, "count" prints the bytes of every upload that it carried, as JSON. Each order
 * is answered by a line. Main thread.
 */
#include "support/link.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

/* As much as a modem holds: what is on the way is lost when the link goes down. */
#define BUFFER_BYTES (128 * 1024)

static void
add_count (const char *path, guint64 body_bytes, gpointer user_data)
{
  json_object_set_int_member (user_data, path, (gint64) body_bytes);
}

static void
print_counts (TestLink *link)
{
  g_autoptr (JsonObject) counts = json_object_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  test_link_foreach_path (link, add_count, counts);
  node = json_node_init_object (json_node_alloc (), counts);
  text = json_to_string (node, FALSE);
  puts (text);
}

static void
obey (TestLink *link, const char *order)
{
  if (g_str_equal (order, "down"))
    test_link_set_down (link, TRUE);
  else if (g_str_equal (order, "up"))
    test_link_set_down (link, FALSE);
  else if (g_str_equal (order, "count"))
    {
      print_counts (link);
      return;
    }
  else
    {
      puts ("what?");
      return;
    }
  puts (order);
}

int
main (int argc, char *argv[])
{
  g_autoptr (TestLink) link = NULL;
  char *line = NULL;
  size_t size = 0;

  if (argc != 2)
    {
      g_printerr ("usage: outbox-link http://127.0.0.1:PORT/PATH\n");
      return 2;
    }
  (void) setvbuf (stdout, NULL, _IOLBF, 0);
  link = test_link_new (argv[1]);
  test_link_set_buffer (link, BUFFER_BYTES);
  printf ("listening on %s\n", test_link_get_url (link));
  while (getline (&line, &size, stdin) >= 0)
    obey (link, g_strchomp (line));
  free (line);

  return 0;
}
