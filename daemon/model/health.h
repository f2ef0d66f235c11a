/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The health of a destination, as a plain record. policy/health.h changes it.
 */
#pragma once

#include "dbus/status.h"

G_BEGIN_DECLS

typedef struct
{
  OutboxReason reason; /* why it is held; none: it is not held, or it is retrying after an ordinary error */
  gint64 since_ms;     /* when the reason began, Unix milliseconds; 0: there is none */
  gint64 retry_at_ms;  /* when one upload tries it again, Unix milliseconds; 0: it is not waiting */
  guint failures;      /* in a row; while there are any, one upload at a time tries it */
  char *trouble;       /* words of its last error; NULL: none */
  char *refused_id;    /* the upload that last got a 403; NULL: something has worked since */

  /* The rest is not stored. Its times are counts of events. */
  guint64 n_events;
  guint64 suspected_at; /* when an upload failed and it was open whose trouble it is; 0: it is not open */
  guint64 refused_at;   /* when it last answered 403 */
  guint64 success_at;   /* when something last worked */
  guint64 other_at;     /* when something last worked for an upload other than success_id */
  char *success_id;     /* the upload that success_at is of */
  char *suspect_id;     /* the upload that failed first */
  GHashTable *suspects; /* set of ids: uploads that have failed since */
  GHashTable *refused;  /* set of ids: uploads that got a 403, and wait for another's answer */
  GHashTable *own;      /* set of ids: uploads that failed while others went through */
} ObHealth;

void ob_health_init (ObHealth *health);
void ob_health_clear (ObHealth *health);

G_END_DECLS
