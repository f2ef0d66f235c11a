/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A destination's suspicion, back-off and holds. Pure.
 */
#include "policy/health.h"

#include "policy/retry.h"

/* Reasons that pass by themselves, and are tried until they do. */
#define PASSING                                                                                    \
  (OUTBOX_REASON_BIT (OUTBOX_REASON_CERTIFICATE) | OUTBOX_REASON_BIT (OUTBOX_REASON_WRONG_ADDRESS) \
   | OUTBOX_REASON_BIT (OUTBOX_REASON_PROXY) | OUTBOX_REASON_BIT (OUTBOX_REASON_CAPTIVE_PORTAL)    \
   | OUTBOX_REASON_BIT (OUTBOX_REASON_LOSING_BYTES) | OUTBOX_REASON_BIT (OUTBOX_REASON_CREDENTIALS_LOCKED))

/* With more single uploads than this, forget what is known of them and learn it again. */
#define MOST_KNOWN 1000

static void
remember (GHashTable *set, const char *id)
{
  if (g_hash_table_size (set) >= MOST_KNOWN)
    g_hash_table_remove_all (set);
  g_hash_table_add (set, g_strdup (id));
}

static void
replace (char **field, const char *value)
{
  char *copy = g_strdup (value);

  g_free (*field);
  *field = copy;
}

/* In the place of an upload's id: not a 403 to one upload, but all that is sent waits for a sign-in, and is tried now and then. */
#define NOBODY "-"

static void
end_suspicion (ObHealth *health)
{
  health->suspected_at = 0;
  g_clear_pointer (&health->suspect_id, g_free);
  g_hash_table_remove_all (health->suspects);
}

guint64
ob_health_begin (ObHealth *health)
{
  return ++health->n_events;
}

/* Returns: when something last worked for another upload */
static guint64
get_others_success (const ObHealth *health, const char *id)
{
  return g_strcmp0 (health->success_id, id) == 0 ? health->other_at : health->success_at;
}

/* Returns: whether this upload failed before while others went through. Once a second upload does so, it is not alone
 * any more. */
static gboolean
is_lone (const ObHealth *health, const ObTrouble *trouble)
{
  return trouble->has_failed && !trouble->has_moved && health->failures == 0
         && (!health->suspect_id || g_str_equal (health->suspect_id, trouble->upload_id));
}

/* If others go through while this upload does not, the trouble is its own. */
static gboolean
is_own (const ObHealth *health, const ObTrouble *trouble)
{
  return g_hash_table_contains (health->own, trouble->upload_id)
         || get_others_success (health, trouble->upload_id) > trouble->begun_at;
}

static void
set_reason (ObHealth *health, OutboxReason reason, gint64 now_ms)
{
  if (health->reason != reason)
    health->since_ms = reason ? now_ms : 0;
  health->reason = reason;
}

static void
note_refusal (ObHealth *health, const char *upload_id)
{
  replace (&health->refused_id, upload_id);
  health->refused_at = health->n_events;
}

/* Attempts that ran side by side fail by the same outage: count the first of them alone. */
static void
delay (ObHealth *health, const ObTrouble *trouble)
{
  gboolean is_waiting = health->retry_at_ms > trouble->now_ms;
  gint64 retry_at_ms;

  /* The failure that raised the suspicion was only the question. The second opinion is the first failure that counts,
   * unless there was no other upload to give one. */
  if (health->suspected_at > 0 && g_strcmp0 (health->suspect_id, trouble->upload_id) != 0)
    health->failures = 0;
  end_suspicion (health);
  g_hash_table_remove_all (health->own);
  if (!is_waiting)
    health->failures = trouble->has_moved ? 1 : health->failures + 1;
  set_reason (health, trouble->reason, trouble->now_ms);
  if (trouble->reason == OUTBOX_REASON_SIGN_IN)
    note_refusal (health, NOBODY);
  replace (&health->trouble, trouble->words);
  retry_at_ms = trouble->now_ms + ob_retry_delay_ms (health->failures, trouble->retry_after_ms, trouble->spread);
  if (!is_waiting || trouble->retry_after_ms > 0)
    health->retry_at_ms = MAX (health->retry_at_ms, retry_at_ms);
}

OutboxScope
ob_health_note_trouble (ObHealth *health, const ObTrouble *trouble)
{
  gboolean may_be_own = (trouble->scope & OUTBOX_SCOPE_UPLOAD) != 0;

  health->n_events++;
  if (trouble->scope == OUTBOX_SCOPE_UPLOAD)
    return OUTBOX_SCOPE_UPLOAD;
  if (is_lone (health, trouble))
    {
      replace (&health->suspect_id, trouble->upload_id);
      return OUTBOX_SCOPE_UPLOAD;
    }
  if (may_be_own && health->retry_at_ms == 0 && is_own (health, trouble))
    {
      remember (health->own, trouble->upload_id);
      return OUTBOX_SCOPE_UPLOAD;
    }
  /* If no other upload can give a second opinion, tell a person at once of a reason that they can do something about. */
  if (may_be_own && (trouble->reason == OUTBOX_REASON_NONE || trouble->has_others)
      && health->reason == OUTBOX_REASON_NONE && health->retry_at_ms == 0)
    {
      gboolean is_first = health->failures == 0;

      if (is_first)
        {
          health->failures = 1;
          health->suspected_at = health->n_events;
          replace (&health->suspect_id, trouble->upload_id);
          replace (&health->trouble, trouble->words);
        }
      /* An attempt that ran beside the suspicious one is no second opinion. */
      if (is_first || (health->suspected_at > 0 && trouble->begun_at < health->suspected_at))
        {
          remember (health->suspects, trouble->upload_id);
          return OUTBOX_SCOPE_UPLOAD;
        }
    }
  delay (health, trouble);

  return OUTBOX_SCOPE_DESTINATION;
}

void
ob_health_block (ObHealth *health, OutboxReason reason, const char *words, gint64 now_ms)
{
  health->n_events++;
  health->failures++;
  health->retry_at_ms = 0;
  end_suspicion (health);
  g_clear_pointer (&health->refused_id, g_free);
  set_reason (health, reason, now_ms);
  replace (&health->trouble, words);
}

void
ob_health_doubt_credentials (ObHealth *health, const char *words, gint64 now_ms, double spread)
{
  end_suspicion (health);
  set_reason (health, OUTBOX_REASON_SIGN_IN, now_ms);
  replace (&health->trouble, words);
  if (health->retry_at_ms > now_ms)
    return;
  health->failures++;
  health->retry_at_ms = now_ms + ob_retry_delay_ms (health->failures, -1, spread);
}

ObRefusal
ob_health_refuse (ObHealth *health, const char *upload_id, guint64 begun_at, gboolean has_credentials,
                  gboolean has_others, const char *words)
{
  gboolean is_first = !health->refused_id;
  gboolean is_other = !is_first && !g_str_equal (health->refused_id, upload_id);
  gboolean is_beside = is_other && begun_at < health->refused_at;

  health->n_events++;
  if (g_hash_table_contains (health->own, upload_id))
    return OB_REFUSAL_OWN;
  if (!has_credentials)
    {
      if (is_other)
        return OB_REFUSAL_BLOCK;
      note_refusal (health, upload_id);
      return OB_REFUSAL_OWN;
    }
  remember (health->refused, upload_id);
  if (is_first)
    note_refusal (health, upload_id);
  /* A later failure, of the same upload or another, is a second opinion. */
  if (!has_others || (!is_first && !is_beside))
    return OB_REFUSAL_BLOCK;
  health->failures = MAX (health->failures, 1);
  replace (&health->trouble, words);

  return OB_REFUSAL_WAIT;
}

/* If a later attempt of another upload is allowed, the earlier refusals were about those uploads alone. */
static gboolean
note_permission (ObHealth *health, const char *upload_id, guint64 begun_at)
{
  GHashTableIter iter;
  gpointer id;

  if (!health->refused_id || begun_at <= health->refused_at)
    return FALSE;
  remember (health->refused, health->refused_id);
  g_hash_table_iter_init (&iter, health->refused);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (!g_str_equal (id, upload_id))
      remember (health->own, id);
  g_hash_table_remove_all (health->refused);
  g_clear_pointer (&health->refused_id, g_free);

  return TRUE;
}

/* Returns: whether the hold passes by itself, and is tried now and then until it does. */
static gboolean
is_passing (const ObHealth *health)
{
  return (PASSING & OUTBOX_REASON_BIT (health->reason))
         || (health->reason == OUTBOX_REASON_SIGN_IN && health->refused_id);
}

/* Returns: whether anything ended. What needs a person stays, since an answer that was under way may still arrive. */
static gboolean
relieve (ObHealth *health, gboolean is_permission)
{
  GHashTableIter iter;
  gpointer id;

  if (health->failures == 0
      || (health->reason && !(PASSING & OUTBOX_REASON_BIT (health->reason))
          && !(is_permission && health->reason == OUTBOX_REASON_SIGN_IN)))
    return FALSE;
  g_hash_table_iter_init (&iter, health->suspects);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (g_strcmp0 (id, health->success_id) != 0)
      remember (health->own, id);
  end_suspicion (health);
  health->failures = 0;
  health->retry_at_ms = 0;
  health->reason = OUTBOX_REASON_NONE;
  health->since_ms = 0;
  g_clear_pointer (&health->trouble, g_free);

  return TRUE;
}

gboolean
ob_health_note_success (ObHealth *health, const char *upload_id, guint64 begun_at)
{
  gboolean is_permission = note_permission (health, upload_id, begun_at);

  if (g_strcmp0 (health->success_id, upload_id) != 0)
    {
      health->other_at = health->success_at;
      replace (&health->success_id, upload_id);
    }
  health->success_at = ++health->n_events;
  if (health->failures == 0)
    g_clear_pointer (&health->suspect_id, g_free);
  (void) g_hash_table_remove (health->own, upload_id);

  return relieve (health, is_permission) || is_permission;
}

void
ob_health_hasten (ObHealth *health)
{
  health->retry_at_ms = 0;
  health->failures = MIN (health->failures, 1);
}

void
ob_health_renew (ObHealth *health)
{
  ob_health_hasten (health);
  end_suspicion (health);
  health->reason = OUTBOX_REASON_NONE;
  health->since_ms = 0;
  g_clear_pointer (&health->trouble, g_free);
}

gboolean
ob_health_wake (ObHealth *health, gint64 now_ms)
{
  if (health->retry_at_ms == 0)
    return FALSE;
  /* Keep the count of failures: after a back-off one attempt tries the destination, not all of them. */
  if (health->retry_at_ms <= now_ms)
    health->retry_at_ms = 0;
  else if (health->retry_at_ms > now_ms + OB_RETRY_AFTER_MAX_MS)
    health->retry_at_ms = now_ms + ob_retry_delay_ms (health->failures, -1, 0.5);
  else
    return FALSE;

  return TRUE;
}

gboolean
ob_health_shift (ObHealth *health, gint64 jump_ms)
{
  gboolean is_since_moved = health->since_ms > 0;

  if (is_since_moved)
    health->since_ms = MAX (health->since_ms + jump_ms, 1);
  if (health->reason == OUTBOX_REASON_CERTIFICATE
      || (health->reason == OUTBOX_REASON_SIGN_IN && g_strcmp0 (health->refused_id, NOBODY) == 0))
    {
      ob_health_hasten (health);
      return TRUE;
    }
  if (health->retry_at_ms == 0)
    return is_since_moved;
  health->retry_at_ms = MAX (health->retry_at_ms + jump_ms, 1);

  return TRUE;
}

/* A server that is being replaced is back within minutes; a wrong address needs a person. */
static gboolean
needs_user (const ObHealth *health, gint64 now_ms)
{
  return health->reason == OUTBOX_REASON_WRONG_ADDRESS && now_ms - health->since_ms >= OB_HEALTH_PATIENCE_MS;
}

gint64
ob_health_next_ms (const ObHealth *health, gint64 now_ms)
{
  gint64 next_ms = health->retry_at_ms;
  gint64 patience_ms = health->since_ms + OB_HEALTH_PATIENCE_MS;

  if (health->reason == OUTBOX_REASON_WRONG_ADDRESS && patience_ms > now_ms)
    next_ms = next_ms > 0 ? MIN (next_ms, patience_ms) : patience_ms;

  return next_ms;
}

guint
ob_health_get_holds (const ObHealth *health, gint64 now_ms, ObHold holds[1])
{
  if (health->reason == OUTBOX_REASON_NONE && health->retry_at_ms == 0)
    return 0;
  holds[0] = (ObHold){ OUTBOX_SCOPE_DESTINATION, health->reason ? health->reason : OUTBOX_REASON_RETRYING,
                       health->retry_at_ms, 0 };
  if (needs_user (health, now_ms))
    holds[0].flags |= OB_HOLD_NEEDS_USER;
  if (health->retry_at_ms == 0 && is_passing (health))
    holds[0].flags |= OB_HOLD_LETS_ONE_TRY;

  return 1;
}

gboolean
ob_health_is_tried (const ObHealth *health)
{
  return health->failures > 0;
}
