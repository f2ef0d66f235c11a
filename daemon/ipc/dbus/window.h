/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many bytes may be on their way to a subscriber that has not shown that it reads. The bus keeps unread messages in its
 * own memory, on which the whole desktop depends. By answering a ping a subscriber shows that it has read what was sent
 * before. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_WINDOW_BYTES (64 * 1024)

typedef struct
{
  gsize unread_bytes; /* sent and perhaps not read */
  gsize pinged_bytes; /* of these, sent before the ping under way; 0: there is none */
} ObWindow;

/* Returns: whether another signal may be sent */
gboolean ob_window_is_open (const ObWindow *window);

/* @bytes: of the message's body. Returns: whether to send a ping after it */
gboolean ob_window_send (ObWindow *window, gsize bytes);

/* The ping was answered. Returns: whether to send another one */
gboolean ob_window_hear (ObWindow *window);

G_END_DECLS
