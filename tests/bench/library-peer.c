/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hands its file over for each byte on standard input, and prints the microseconds that it took. Main thread.
 */
#include <fcntl.h>
#include <outbox.h>
#include <stdio.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = outbox_client_new_sync (NULL, &error);

  if (!client || argc < 2)
    return 1;
  while (getchar () != EOF)
    {
      gint64 begin_us = g_get_monotonic_time ();
      int fd = open (argv[1], O_RDONLY | O_CLOEXEC);
      g_autofree char *id = outbox_client_submit_sync (client, fd, NULL, NULL, &error);

      (void) close (fd);
      if (!id)
        return 1;
      printf ("%" G_GINT64_FORMAT "\n", g_get_monotonic_time () - begin_us);
      fflush (stdout);
    }

  return 0;
}
