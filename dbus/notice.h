/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person reads in a notification that nobody asked for: work that has not arrived, what needs a tap, what has arrived after
 * that, and a web page that asks to be let in. Without a name of a file or a group. In the language of the process.
 */
#pragma once

#include "dbus/status.h"

G_BEGIN_DECLS

/* A notification. Both owned. */
typedef struct
{
  char *title;
  char *body;
} OutboxNotice;

void outbox_notice_clear (OutboxNotice *notice);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OutboxNotice, outbox_notice_clear)

/* Of @n_late files that have not arrived for so long. @is_kept: all of them are on this device, whatever happens to it. @label: how the
 * oldest of them stands, from outbox_status_label() */
OutboxNotice outbox_notice_of_late (guint n_late, gboolean is_kept, const char *label);

/* Of what waits for a person. @label: the same, of the first */
OutboxNotice outbox_notice_of_tap (const char *label);

/* Returns: (transfer full): why a device that will be wiped should not be left or switched off yet. @n_here: files that have not arrived */
char *outbox_notice_dup_last_copy (guint n_here);

/* Of a web page. @origin: its origin; @code: what it shows, to be compared */
OutboxNotice outbox_notice_of_page (const char *origin, const char *code);

/* Of what has arrived: @n_waited files that had to wait, and all files of @n_groups groups; one of both is not 0. @n_grouped: the files in
 * these groups */
OutboxNotice outbox_notice_of_news (guint n_waited, guint n_groups, guint n_grouped);

/* Returns: (transfer none): what the notification's button says */
const char *outbox_notice_get_action (void);

G_END_DECLS
