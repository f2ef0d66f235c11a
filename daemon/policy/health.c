/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Suspicion, back-off and holds of a destination. Pure.
 */
#include "policy/health.h"

#include "policy/retry.h"

/* Reasons that end by themselves, and are tried until they do. */
#define PASSING                                                                                    \
  (OUTBOX_REASON_BIT (OUTBOX_REASON_CERTIFICATE) | OUTBOX_REASON_BIT (OUTBOX_REASON_WRONG_ADDRESS) \
   | OUTBOX_REASON_BIT (OUTBOX_REASON_PROXY) | OUTBOX_REASON_BIT (OUTBOX_REASON_CAPTIVE_PORTAL)    \
   | OUTBOX_REASON_BIT (OUTBOX_REASON_LOSING_BYTES))

/* Beyond so many, what is known of single uploads is forgotten, and learned again. */
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

/* When something worked last for another upload. */
static guint64
get_others_success (const ObHealth *health, const char *id)
{
  return g_strcmp0 (health->success_id, id) == 0 ? health->other_at : health->success_at;
}

/* It failed before, and others have gone through since; until a second one has that, too. */
static gboolean
is_lone (const ObHealth *health, const ObTrouble *trouble)
{
  return trouble->has_failed && !trouble->has_moved && health->failures == 0
         && (!health->suspect_id || g_str_equal (health->suspect_id, trouble->upload_id));
}

/* Where others go through while this one does not, the trouble is its own. */
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

/* Attempts that ran side by side fail by one and the same outage: only the first of them counts. */
static void
delay (ObHealth *health, const ObTrouble *trouble)
{
  gboolean is_waiting = health->retry_at_ms > trouble->now_ms;
  gint64 retry_at_ms;

  /* What made it suspected was only the question; the answer is the first failure, unless nobody else was there to ask. */
  if (health->suspected_at > 0 && g_strcmp0 (health->suspect_id, trouble->upload_id) != 0)
    health->failures = 0;
  end_suspicion (health);
  g_hash_table_remove_all (health->own);
  if (!is_waiting)
    health->failures = trouble->has_moved ? 1 : health->failures + 1;
  set_reason (health, trouble->reason, trouble->now_ms);
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
  /* Where nobody else could tell, a reason that a person can do something about is told at once. */
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
      /* It ran beside the first one: that is no second opinion. */
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

static void
note_refusal (ObHealth *health, const char *upload_id)
{
  replace (&health->refused_id, upload_id);
  health->refused_at = health->n_events;
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
  /* The same one again, or one that asked later: that is a second opinion. */
  if (!has_others || (!is_first && !is_beside))
    return OB_REFUSAL_BLOCK;
  health->failures = MAX (health->failures, 1);
  replace (&health->trouble, words);

  return OB_REFUSAL_WAIT;
}

/* What was refused to some, and then given to another that asked later, was their own. */
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

/* Whether it is tried now and then, until it passes by itself. */
static gboolean
is_passing (const ObHealth *health)
{
  return (PASSING & OUTBOX_REASON_BIT (health->reason))
         || (health->reason == OUTBOX_REASON_SIGN_IN && health->refused_id);
}

/* Returns: whether there was something to relieve it of. What needs a person stays: what was on its way may still arrive. */
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
  /* The failures stay: a destination that comes out of its back-off is tried by one attempt. */
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
  if (health->since_ms > 0)
    health->since_ms = MAX (health->since_ms + jump_ms, 1);
  if (health->reason == OUTBOX_REASON_CERTIFICATE)
    {
      ob_health_hasten (health);
      return TRUE;
    }
  if (health->retry_at_ms == 0)
    return FALSE;
  health->retry_at_ms = MAX (health->retry_at_ms + jump_ms, 1);

  return TRUE;
}

/* A server that is replaced is back in minutes; an address that is wrong is mended by a person. */
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
