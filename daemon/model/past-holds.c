/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Past holds. Pure.
 */
#include "model/past-holds.h"

#include "base/text.h"

GArray *
ob_past_holds_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (ObPastHold));
}

void
ob_past_holds_add (GArray *holds, const ObPastHold *hold)
{
  guint at = holds->len;

  while (at > 0 && g_array_index (holds, ObPastHold, at - 1).reason > hold->reason)
    at--;
  g_array_insert_val (holds, at, *hold);
}

void
ob_past_holds_add_all (GArray *holds, const GArray *others)
{
  for (guint i = 0; i < others->len; i++)
    ob_past_holds_add (holds, &g_array_index (others, ObPastHold, i));
}

void
ob_past_holds_drop (GArray *holds, OutboxScope scope)
{
  for (guint i = holds->len; i > 0; i--)
    if (g_array_index (holds, ObPastHold, i - 1).scope == scope)
      g_array_remove_index (holds, i - 1);
}

void
ob_past_holds_drop_ended (GArray *holds, gint64 now_ms)
{
  for (guint i = holds->len; i > 0; i--)
    {
      const ObPastHold *hold = &g_array_index (holds, ObPastHold, i - 1);

      if (hold->scope == OUTBOX_SCOPE_UPLOAD && hold->until_ms > 0 && hold->until_ms <= now_ms)
        g_array_remove_index (holds, i - 1);
    }
}

gint64
ob_past_holds_find_since (const GArray *holds, OutboxScope scope, OutboxReason reason)
{
  for (guint i = 0; i < holds->len; i++)
    {
      const ObPastHold *hold = &g_array_index (holds, ObPastHold, i);

      if (hold->scope == scope && hold->reason == reason)
        return hold->since_ms;
    }

  return 0;
}

char *
ob_past_holds_dup_text (const GArray *holds)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < holds->len; i++)
    {
      const ObPastHold *hold = &g_array_index (holds, ObPastHold, i);

      g_string_append_printf (text, "%s%s/%s@%" G_GINT64_FORMAT, i > 0 ? " " : "", outbox_scope_get_name (hold->scope),
                              outbox_reason_get_info (hold->reason)->name, hold->since_ms);
      if (hold->until_ms > 0)
        g_string_append_printf (text, "-%" G_GINT64_FORMAT, hold->until_ms);
    }

  return g_string_free (text, holds->len == 0);
}

OutboxScope
ob_past_holds_find_scope (const char *name)
{
  for (guint scope = OUTBOX_SCOPE_QUEUE; scope <= OUTBOX_SCOPE_UPLOAD; scope <<= 1)
    if (g_strcmp0 (outbox_scope_get_name (scope), name) == 0)
      return scope;

  return OUTBOX_SCOPE_NONE;
}

/* Returns: whether it is a time. @text: (nullable): there is none */
static gboolean
read_time (const char *text, gint64 *at_ms)
{
  guint64 number = 0;
  gboolean is_good = !text || g_ascii_string_to_unsigned (text, 10, 0, OB_TIME_MAX_MS, &number, NULL);

  *at_ms = (gint64) number;

  return is_good;
}

/* @word: is taken apart */
static void
read_one (char *word, GArray *holds)
{
  char *reason_name = strchr (word, '/');
  char *since = reason_name ? strchr (reason_name, '@') : NULL;
  char *until = since ? strchr (since, '-') : NULL;
  ObPastHold hold;

  if (!since)
    return;
  *reason_name++ = '\0';
  *since++ = '\0';
  if (until)
    *until++ = '\0';
  hold.scope = ob_past_holds_find_scope (word);
  hold.reason = outbox_reason_from_name (reason_name);
  if (hold.scope != OUTBOX_SCOPE_NONE && hold.reason != OUTBOX_REASON_NONE && read_time (since, &hold.since_ms)
      && read_time (until, &hold.until_ms))
    ob_past_holds_add (holds, &hold);
}

GArray *
ob_past_holds_read (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text ? text : "", " ", -1);
  GArray *holds = ob_past_holds_new ();

  for (guint i = 0; words[i]; i++)
    read_one (words[i], holds);

  return holds;
}
