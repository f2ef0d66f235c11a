/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What outbox-status shows, from what the service says of the whole queue. Pure.
 */
#pragma once

#include "dbus/label.h"

G_BEGIN_DECLS

/* The whole queue. */
typedef struct
{
  OutboxGroupCounts counts;
  guint64 n_left, bytes_left; /* what has not arrived */
  gboolean needs_user;
} StatusSummary;

/* @document: an a{sv} of Queue.Summary. What is of another type, or of a state that is not known here, counts as if it were not there. */
void status_summary_read (StatusSummary *summary, GVariant *document);

/* What is on its way together; the bytes, since there was something. With nothing left it is as it ended. */
typedef struct
{
  guint64 n_left, n_total, bytes_left, bytes_total;
} StatusBatch;

void status_batch_update (StatusBatch *batch, const StatusSummary *summary);

typedef enum
{
  STATUS_QUIET, /* nothing is on its way */
  STATUS_SENDING,
  STATUS_WAITING, /* goes on by itself */
  STATUS_NEEDS_USER,
  STATUS_OFF, /* the service is gone, and had something that has not arrived */
} StatusMood;

/* @summary: the last one, also of a service that is gone */
StatusMood status_find_mood (const StatusSummary *summary, gboolean is_service_there);

/* Returns: (transfer none): of the icon theme */
const char *status_get_icon (StatusMood mood);

/* Returns: whether the whole queue is paused */
gboolean status_is_paused (const StatusSummary *summary);

G_END_DECLS
