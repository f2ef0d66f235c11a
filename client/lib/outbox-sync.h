/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The wait for one asynchronous answer. Not for apps.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  GMainContext *context;
  GAsyncResult *result;
  GAsyncReadyCallback callback; /* for the call, with the wait as its data */
} OutboxWait;

#define OUTBOX_WAIT_INIT \
  {                      \
    NULL, NULL, NULL     \
  }

/* From here to the end the calling thread's default context is the wait's own. */
G_GNUC_INTERNAL void outbox_wait_begin (OutboxWait *wait);

/* Returns: borrowed */
G_GNUC_INTERNAL GAsyncResult *outbox_wait_for (OutboxWait *wait);

G_GNUC_INTERNAL void outbox_wait_end (OutboxWait *wait);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OutboxWait, outbox_wait_end)

G_END_DECLS
