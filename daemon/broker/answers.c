/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the broker answers: which holds cover what, the public status, and the summary. Reads only. Main thread.
 */
#include "broker/broker-private.h"

#include "broker/lane-name.h"
#include "policy/health.h"

guint
ob_broker_get_destination_holds (ObBroker *self, const ObDestination *destination, ObHold holds[3])
{
  return ob_destination_table_get_holds (self->destinations, destination, holds);
}

guint
ob_broker_get_shared_holds (ObBroker *self, const char *name, const char *rule, ObStored stored,
                            ObHold holds[OB_SHARED_HOLDS_MAX])
{
  const OutboxReasonSet queue = ob_broker_get_queue_reasons (self);
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);
  guint n_holds = destination ? ob_destination_table_get_holds (self->destinations, destination, holds) : 0;

  if (destination)
    n_holds += ob_broker_get_lane_holds (self, name, rule, stored, holds + n_holds);
  else
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_NO_DESTINATION, 0, 0 };
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (queue & OUTBOX_REASON_BIT (i))
      holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_QUEUE, i, 0, 0 };

  return n_holds;
}

gboolean
ob_broker_may_start (ObBroker *self, const char *destination, const char *rule, ObStored stored)
{
  ObHold holds[OB_SHARED_HOLDS_MAX];
  guint n_holds = ob_broker_get_shared_holds (self, destination, rule, stored, holds);

  for (guint i = 0; i < n_holds; i++)
    if (!(holds[i].flags & OB_HOLD_LETS_ONE_TRY))
      return FALSE;

  return TRUE;
}

ObStatus
ob_broker_get_status (ObBroker *self, const ObUpload *upload)
{
  ObHold holds[OB_SHARED_HOLDS_MAX + 4];
  guint n_holds = ob_upload_get_holds (upload, holds);

  n_holds += ob_broker_get_shared_holds (self, upload->destination, upload->rule, upload->stored, holds + n_holds);

  return ob_status (upload->stored, upload->reason, holds, n_holds);
}

static void
add_destination_hold (GArray *list, const ObDestination *destination, const ObHold *hold)
{
  ob_shared_holds_add (list, hold, g_strdup (destination->name),
                       hold->reason != OUTBOX_REASON_USER ? destination->health.trouble : NULL);
}

static void
add_queue_hold (ObBroker *self, GArray *list, OutboxReason reason)
{
  ob_shared_holds_add (list, &(ObHold){ OUTBOX_SCOPE_QUEUE, reason, 0, 0 }, g_strdup (""),
                       reason == OUTBOX_REASON_STORAGE ? ob_storage_get_words (self->storage) : NULL);
}

GArray *
ob_broker_list_holds (ObBroker *self, const char *app)
{
  const OutboxReasonSet queue = ob_broker_get_queue_reasons (self);
  GArray *list = ob_shared_holds_new ();
  GHashTableIter iter;
  gpointer value;

  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (queue & OUTBOX_REASON_BIT (i))
      add_queue_hold (self, list, i);
  g_hash_table_iter_init (&iter, ob_destination_table_get_all (self->destinations));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObDestination *destination = value;
      ObHold holds[3];
      guint n_holds = 0;

      if (!app || ob_uploads_has_app (self->database, app, destination->name, NULL))
        n_holds = ob_destination_table_get_holds (self->destinations, destination, holds);
      for (guint i = 0; i < n_holds; i++)
        add_destination_hold (list, destination, &holds[i]);
    }
  ob_broker_list_lane_holds (self, app, list);
  ob_broker_list_group_holds (self, app, list);

  return list;
}

/* How a hold of that scope names what it covers. */
static char *
dup_key (const ObUpload *upload, OutboxScope scope)
{
  switch (scope)
    {
    case OUTBOX_SCOPE_UPLOAD:
      return g_strdup (upload->id);
    case OUTBOX_SCOPE_GROUP:
      return upload->group ? ob_group_dup_name (upload->group_app, upload->group) : g_strdup ("");
    case OUTBOX_SCOPE_DESTINATION:
      return g_strdup (upload->destination);
    case OUTBOX_SCOPE_LANE:
      return ob_lane_dup_key (upload->destination, upload->rule);
    case OUTBOX_SCOPE_QUEUE:
    case OUTBOX_SCOPE_NONE:
    default:
      return g_strdup ("");
    }
}

GArray *
ob_broker_list_holds_of (ObBroker *self, const ObUpload *upload)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  ObHold holds[OB_SHARED_HOLDS_MAX + 4];
  guint n_holds = ob_upload_get_holds (upload, holds);
  GArray *list = ob_shared_holds_new ();

  n_holds += ob_broker_get_shared_holds (self, upload->destination, upload->rule, upload->stored, holds + n_holds);
  for (guint i = 0; i < n_holds; i++)
    if (holds[i].scope == OUTBOX_SCOPE_DESTINATION && destination)
      add_destination_hold (list, destination, &holds[i]);
    else if (holds[i].scope == OUTBOX_SCOPE_QUEUE)
      add_queue_hold (self, list, holds[i].reason);
    else
      ob_shared_holds_add (list, &holds[i], dup_key (upload, holds[i].scope), NULL);

  return list;
}

ObStatus
ob_broker_get_status_of_count (ObBroker *self, const ObCount *count)
{
  static const OutboxReason own_reasons[] = { [OB_OWN_HOLD_PAUSE] = OUTBOX_REASON_USER,
                                              [OB_OWN_HOLD_NOT_BEFORE] = OUTBOX_REASON_NOT_BEFORE,
                                              [OB_OWN_HOLD_RETRY] = OUTBOX_REASON_RETRYING };
  ObHold holds[OB_SHARED_HOLDS_MAX + 1];
  guint n_holds = ob_broker_get_shared_holds (self, count->destination, count->rule, count->stored, holds);

  if (count->own_hold != OB_OWN_HOLD_NONE)
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_UPLOAD, own_reasons[count->own_hold], 0, 0 };

  return ob_status (count->stored, OUTBOX_REASON_NONE, holds, n_holds);
}

GArray *
ob_broker_find_kinds (ObBroker *self, OutboxState state, GError **error)
{
  GArray *counts = ob_uploads_count (self->database, error);

  for (guint i = 0; counts && i < counts->len;)
    if (ob_broker_get_status_of_count (self, &g_array_index (counts, ObCount, i)).state == state)
      i++;
    else
      g_array_remove_index_fast (counts, i);

  return counts;
}

gboolean
ob_broker_count_lost (ObBroker *self, guint64 *uploads, guint64 *bytes, GError **error)
{
  return ob_uploads_count_lost (self->database, uploads, bytes, error);
}

gboolean
ob_broker_summarise (ObBroker *self, guint64 uploads[OUTBOX_N_STATES], guint64 bytes[OUTBOX_N_STATES], GError **error)
{
  g_autoptr (GArray) counts = ob_uploads_count (self->database, error);

  if (!counts)
    return FALSE;
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    uploads[i] = bytes[i] = 0;
  for (guint i = 0; i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);
      OutboxState state = ob_broker_get_status_of_count (self, count).state;

      uploads[state] += count->uploads;
      bytes[state] += count->bytes;
    }

  return TRUE;
}
