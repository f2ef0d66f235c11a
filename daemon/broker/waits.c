/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ends waits of rows when their time has come. Main thread.
 */
#include "broker/waits.h"

#include "policy/retry.h"
#include "store/follow-ups.h"
#include "store/uploads.h"
#include "store/waits.h"

#define WAKE_AT_ONCE 256

typedef struct
{
  ObQueue *queue;
  gint64 now_ms;
  gint64 jump_ms;
} Wake;

static gboolean
wake_uploads_of (const Wake *waking, ObUploadsSet set, GError **error)
{
  ObDatabase *database = ob_queue_get_database (waking->queue);
  g_autoptr (GPtrArray) uploads = ob_uploads_find (database, set, waking->now_ms, WAKE_AT_ONCE, error);

  for (guint i = 0; uploads && i < uploads->len; i++)
    {
      ObUpload *upload = uploads->pdata[i];

      *(set == OB_UPLOADS_DUE_TO_BEGIN ? &upload->not_before_ms : &upload->retry_at_ms) = 0;
      if (!ob_uploads_update (database, upload, error))
        return FALSE;
      ob_queue_touch (waking->queue, upload->id, FALSE);
    }

  return uploads != NULL;
}

/* A wait lasts as long as it was meant to, whatever happens to the wall clock: set forward, it would send every request
 * at once; set back, it would delay them for years. A not-before time, however, is a time of the wall clock. What is
 * more than one call can wake is still due when the alarm is set again. */
static gboolean
wake_all (gpointer user_data, GError **error)
{
  const Wake *waking = user_data;

  return ob_waits_shift (ob_queue_get_database (waking->queue), waking->jump_ms, waking->now_ms + OB_RETRY_AFTER_MAX_MS,
                         waking->now_ms + ob_retry_delay_ms (G_MAXUINT, -1, 0.5), error)
         && wake_uploads_of (waking, OB_UPLOADS_DUE, error) && wake_uploads_of (waking, OB_UPLOADS_DUE_TO_BEGIN, error);
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  Wake waking = { member, now_ms, jump_ms };

  /* A due follow-up starts with the next attempts. */
  if (ob_queue_do (member, OB_TURN_SOON, wake_all, &waking, NULL))
    ob_queue_want_flush (member);
}

static gint64
next_ms (gpointer member)
{
  ObDatabase *database = ob_queue_get_database (member);

  return ob_sooner_ms (ob_uploads_next_wake_ms (database),
                       ob_follow_ups_next_ms (database, ob_queue_get_now_ms (member)));
}

const ObMember ob_waits_member = { .next_ms = next_ms, .wake = wake };
