/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The label of a group: what happens, then how much has arrived, then who waits for what. Depends on nothing but the
 * process's language; any thread.
 */
#include "config.h"

#include "dbus/label.h"

#include "dbus/messages.h"

/* Reasons besides the head's; with more of them nobody reads the line. */
#define MOST_WAITING 2

/* What the head of the line already says. */
typedef struct
{
  OutboxState state;
  OutboxReason reason;
} Head;

static guint
count_all (const OutboxGroupCounts *counts)
{
  guint n_all = 0;

  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    n_all += counts->states[i];

  return n_all;
}

/* Returns: the reason of all paused uploads; none if they differ */
static OutboxReason
only_reason (const OutboxGroupCounts *counts)
{
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (counts->reasons[i] > 0)
      return counts->reasons[i] == counts->states[OUTBOX_STATE_PAUSED] ? i : OUTBOX_REASON_NONE;

  return OUTBOX_REASON_NONE;
}

/* What moves comes before what waits by itself, and that before what needs a person. */
static Head
choose_head (const OutboxGroupCounts *counts)
{
  static const OutboxState order[] = {
    OUTBOX_STATE_UPLOADING, OUTBOX_STATE_SAVING, OUTBOX_STATE_CONFIRMING, OUTBOX_STATE_QUEUED,
    OUTBOX_STATE_RETRYING,  OUTBOX_STATE_PAUSED, OUTBOX_STATE_FAILED,
  };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (counts->states[order[i]] > 0)
      return (Head){ order[i], order[i] == OUTBOX_STATE_PAUSED ? only_reason (counts) : OUTBOX_REASON_NONE };

  return (Head){ OUTBOX_STATE_DONE, OUTBOX_REASON_NONE };
}

static char *
dup_uploaded (const OutboxGroupCounts *counts)
{
  guint n_all = count_all (counts);

  return outbox_message_dup_count_of (&outbox_messages_get_group ()->uploaded, n_all, counts->states[OUTBOX_STATE_DONE],
                                      n_all);
}

/* An upload's words say "it"; for several, use the title. */
static char *
dup_waiting_head (const OutboxGroupCounts *counts, Head head, gint64 now_ms, OutboxLabelLength length)
{
  gboolean is_retry = head.state == OUTBOX_STATE_RETRYING;

  if (length == OUTBOX_LABEL_NOTIFICATION && !is_retry)
    return g_strdup (outbox_message_get (outbox_state_get_info (head.state)->title));
  if (length == OUTBOX_LABEL_NOTIFICATION)
    length = OUTBOX_LABEL_TERMINAL;

  return outbox_status_label (head.state, head.reason, is_retry ? counts->until_ms : 0, now_ms, 0, 0, length);
}

static char *
dup_head (const OutboxGroupCounts *counts, Head head, gint64 now_ms, OutboxLabelLength length)
{
  const OutboxGroupMessages *messages = outbox_messages_get_group ();
  guint n_all = count_all (counts), n_failed = counts->states[OUTBOX_STATE_FAILED];

  switch (head.state)
    {
    case OUTBOX_STATE_UPLOADING:
      return outbox_message_format (messages->uploading, counts->states[OUTBOX_STATE_DONE], n_all);
    case OUTBOX_STATE_SAVING:
      return outbox_message_format (messages->saving, n_all - counts->states[OUTBOX_STATE_SAVING] + 1, n_all);
    case OUTBOX_STATE_CONFIRMING:
    case OUTBOX_STATE_DONE:
      return n_all > 0 ? dup_uploaded (counts) : g_strdup (outbox_message_get (messages->empty));
    case OUTBOX_STATE_FAILED:
      if (length == OUTBOX_LABEL_TERMINAL)
        return outbox_message_dup_count_of (&messages->failed, n_failed, n_failed, n_all);
      return dup_waiting_head (counts, (Head){ head.state, OUTBOX_REASON_NONE }, now_ms, length);
    case OUTBOX_STATE_QUEUED:
    case OUTBOX_STATE_RETRYING:
    case OUTBOX_STATE_PAUSED:
    default:
      return dup_waiting_head (counts, head, now_ms, length);
    }
}

static gboolean
says_how_many_arrived (Head head)
{
  return head.state == OUTBOX_STATE_UPLOADING || head.state == OUTBOX_STATE_SAVING
         || head.state == OUTBOX_STATE_CONFIRMING || head.state == OUTBOX_STATE_DONE;
}

/* Returns: how many wait for the reason, besides those that the head tells */
static guint
count_waiting (const OutboxGroupCounts *counts, Head head, OutboxReason reason, gboolean is_sentence)
{
  if (reason == OUTBOX_REASON_RETRYING)
    return head.state == OUTBOX_STATE_RETRYING ? 0 : counts->states[OUTBOX_STATE_RETRYING];
  if (reason == OUTBOX_REASON_NOT_CONFIRMED_YET)
    return head.state == OUTBOX_STATE_CONFIRMING ? counts->states[OUTBOX_STATE_CONFIRMING] : 0;

  return reason != head.reason || is_sentence ? counts->reasons[reason] : 0;
}

static void
add_waiting (GPtrArray *parts, const OutboxGroupCounts *counts, Head head, gboolean is_sentence)
{
  guint n_failed = counts->states[OUTBOX_STATE_FAILED], n_told = 0;

  if (n_failed > 0 && (head.state != OUTBOX_STATE_FAILED || is_sentence))
    {
      g_ptr_array_add (parts, outbox_message_dup_count (&outbox_messages_get_group ()->need_you, n_failed));
      n_told++;
    }
  for (guint i = 1; i < OUTBOX_N_REASONS && n_told < MOST_WAITING; i++)
    {
      const OutboxReasonInfo *info = outbox_reason_get_info (i);
      guint count = info->waiting.one ? count_waiting (counts, head, i, is_sentence) : 0;

      if (count == 0)
        continue;
      g_ptr_array_add (parts, outbox_message_dup_count (&info->waiting, count));
      n_told++;
    }
}

static char *
join (GPtrArray *parts, gboolean is_sentence)
{
  const OutboxGroupMessages *messages = outbox_messages_get_group ();
  GString *line = g_string_new (NULL);

  for (guint i = 0; i < parts->len; i++)
    {
      g_autofree char *sentence = is_sentence ? outbox_message_format (messages->sentence, parts->pdata[i]) : NULL;

      if (i > 0 && !is_sentence)
        g_string_append (line, outbox_message_get (messages->separator));
      g_string_append (line, sentence ? sentence : parts->pdata[i]);
    }

  return g_strchomp (g_string_free (line, FALSE));
}

char *
outbox_group_label (const OutboxGroupCounts *counts, gint64 now_ms, OutboxLabelLength length)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  gboolean is_sentence = length == OUTBOX_LABEL_NOTIFICATION;
  Head head;

  g_return_val_if_fail (counts && length < OUTBOX_N_LABEL_LENGTHS, NULL);

  head = choose_head (counts);
  g_ptr_array_add (parts, dup_head (counts, head, now_ms, length));
  if (length != OUTBOX_LABEL_WEB)
    {
      if (!says_how_many_arrived (head) && counts->states[OUTBOX_STATE_DONE] > 0)
        g_ptr_array_add (parts, dup_uploaded (counts));
      add_waiting (parts, counts, head, is_sentence);
    }

  return join (parts, is_sentence);
}
