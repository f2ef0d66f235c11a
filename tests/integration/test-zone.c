/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The device is taken to another time zone: the watch against a real /etc/localtime, in a mount namespace.
 */
#include "policy/zone.h"
#include "support/namespace.h"
#include "support/wait.h"

#define MOST_S 20
/* A January noon, when none of them has summer time but Sydney. */
#define NOON_S 1768478400

typedef struct
{
  gint32 offset_s;
  gint32 expected_s;
} Seen;

static void
on_changed (GTimeZone *zone, gpointer user_data)
{
  Seen *seen = user_data;

  seen->offset_s = g_time_zone_get_offset (zone, g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, NOON_S));
}

static gboolean
is_seen (gpointer data)
{
  const Seen *seen = data;

  return seen->offset_s == seen->expected_s;
}

static const struct
{
  const char *command;
  gint32 offset_s;
} rows[] = {
  /* As timedatectl does, by hand, by a copy of the file, and in place. */
  { "ln -s /usr/share/zoneinfo/Asia/Tokyo /etc/new && mv -T /etc/new /etc/localtime", 9 * 3600 },
  { "ln -sf /usr/share/zoneinfo/America/New_York /etc/localtime", -5 * 3600 },
  { "rm /etc/localtime && cp /usr/share/zoneinfo/Europe/Berlin /etc/localtime", 3600 },
  { "cp /usr/share/zoneinfo/Australia/Sydney /etc/localtime", 11 * 3600 },
  { "rm /etc/localtime", 0 },
  { "ln -s /usr/share/zoneinfo/Asia/Kolkata /etc/localtime", 5 * 3600 + 1800 },
};

static void
test_the_zone_of_now (void)
{
  Seen seen = { G_MAXINT32, 0 };
  g_autoptr (ObZoneWatch) watch = NULL;

  g_unsetenv ("TZ");
  test_namespace_run ("mount -t tmpfs none /etc && ln -s /usr/share/zoneinfo/Europe/Berlin /etc/localtime");
  watch = ob_zone_watch_new (on_changed, &seen);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].command);
      seen.expected_s = rows[i].offset_s;
      test_namespace_run ("%s", rows[i].command);
      test_wait_until (is_seen, &seen, MOST_S);
    }
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zone/of-now", is_inside ? test_the_zone_of_now : test_namespace_skip);

  return g_test_run ();
}
