/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From stored state and holds to the public status, by one pure function.
 */
#pragma once

#include "model/upload.h"

G_BEGIN_DECLS

typedef enum
{
  OB_HOLD_NEEDS_USER = 1 << 0,   /* a person is needed although the reason alone does not say so */
  OB_HOLD_LETS_ONE_TRY = 1 << 1, /* one upload may run, to find out whether the hold can end */
} ObHoldFlags;

/* Why something waits. */
typedef struct
{
  OutboxScope scope;
  OutboxReason reason;
  gint64 until_ms; /* 0: it has no known end */
  guint flags;     /* ObHoldFlags */
} ObHold;

/* The public status. The reasons are a set, listed in the order of the enum. */
typedef struct
{
  OutboxState state;
  OutboxReasonSet reasons;
  gboolean needs_user;
  gint64 until_ms; /* when it goes on by itself; 0: not known */
} ObStatus;

/* Sets the holds of an upload's own row; @holds has room for four. Returns: how many. */
guint ob_upload_get_holds (const ObUpload *upload, ObHold holds[4]);

/**
 * ob_status:
 * @stored: the stored state
 * @reason: the stored reason of a failed or confirming upload, or of one that is saving
 * @holds: every hold that covers the upload, in any order
 * @n_holds: how many
 *
 * A running attempt is shown as running until it has ended, whatever holds the upload.
 */
ObStatus ob_status (ObStored stored, OutboxReason reason, const ObHold *holds, guint n_holds);

/* Returns: the reason to tell first */
OutboxReason ob_status_get_first_reason (const ObStatus *status);

G_END_DECLS
