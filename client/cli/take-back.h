/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ctrl-C while files are handed over: the daemon has them open by then and would take them all the same, and whoever adds them
 * once more would send them twice. What is still being saved is taken back; what is saved stays. Main thread.
 */
#pragma once

#include <outbox.h>

G_BEGIN_DECLS

typedef struct _CliTakeBack CliTakeBack;

/* @is_under_way: whether the file with that submit key is still waited for. From here on SIGINT and SIGTERM take back what is;
 * the second SIGINT ends the process. */
CliTakeBack *cli_take_back_new (OutboxClient *client, gboolean (*is_under_way) (const char *key, gpointer user_data),
                                gpointer user_data);
void cli_take_back_free (CliTakeBack *take_back);

/* Whether there was one. */
gboolean cli_take_back_is_on (CliTakeBack *take_back);

/* Whether it was three seconds ago: a file whose disk does not answer has no end that could be waited for. */
gboolean cli_take_back_is_given_up (CliTakeBack *take_back);

G_END_DECLS
