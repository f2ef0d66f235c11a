/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a destination does, as a plain record. policy/health.h has what happens to it.
 */
#pragma once

#include "dbus/status.h"

G_BEGIN_DECLS

typedef struct
{
  OutboxReason reason; /* why it is held; none: it is not, or waits after an ordinary error */
  gint64 since_ms;     /* when the reason began, Unix milliseconds; 0: there is none */
  gint64 retry_at_ms;  /* when one upload tries it, Unix milliseconds; 0: not waiting */
  guint failures;      /* in a row; while there are any, one upload at a time tries it */
  char *trouble;       /* words of the error that it waits after; NULL: none */
  char *refused_id;    /* the upload that it last answered 403; NULL: something worked since */

  /* What follows is not stored. Times are counts of events. */
  guint64 n_events;
  guint64 suspected_at; /* when one upload failed and it was not known whose trouble that is; 0: it is known */
  guint64 refused_at;   /* when it last said 403 */
  guint64 success_at;   /* when something worked last */
  guint64 other_at;     /* when something worked last for another than success_id */
  char *success_id;     /* the upload of success_at */
  char *suspect_id;     /* the upload that failed first */
  GHashTable *suspects; /* set of ids: those that have failed since */
  GHashTable *refused;  /* set of ids: those that were answered 403, and wait for what another is answered */
  GHashTable *own;      /* set of ids: others went through where these did not */
} ObHealth;

void ob_health_init (ObHealth *health);
void ob_health_clear (ObHealth *health);

G_END_DECLS
