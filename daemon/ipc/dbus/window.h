/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How much may be on its way to a subscriber that has not shown that it reads. The bus keeps what a subscriber does not read in its
 * own memory, and the whole desktop lives on it. A subscriber shows it by answering a ping: what was sent before the ping is read
 * then. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_WINDOW_BYTES (64 * 1024)

typedef struct
{
  gsize unread_bytes; /* sent, and not known to be read */
  gsize pinged_bytes; /* of these, what was sent before the ping that is on its way; 0: there is none */
} ObWindow;

/* Whether another signal may be sent. */
gboolean ob_window_is_open (const ObWindow *window);

/* @bytes: of the message's body. Returns: whether a ping is to follow it. */
gboolean ob_window_send (ObWindow *window, gsize bytes);

/* The ping was answered. Returns: whether another is to follow. */
gboolean ob_window_hear (ObWindow *window);

G_END_DECLS
