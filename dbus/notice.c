/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The words of notifications. Depends on nothing but the process's language; any thread.
 */
#include "config.h"

#include "dbus/notice.h"

#include "dbus/messages.h"

#define N_(message) (message)

void
outbox_notice_clear (OutboxNotice *notice)
{
  g_clear_pointer (&notice->title, g_free);
  g_clear_pointer (&notice->body, g_free);
}

OutboxNotice
outbox_notice_of_late (guint n_late, gboolean is_kept, const char *label)
{
  static const OutboxPlural title = NP_ ("%u file has not arrived yet", "%u files have not arrived yet");
  OutboxNotice notice = { outbox_message_dup_count (&title, n_late), NULL };

  /* Translators: %s is a sentence about the oldest file, such as "It waits for Wi-Fi and goes on by itself." */
  notice.body = is_kept ? outbox_message_format (N_ ("All of them are kept on this device. The oldest: %s"), label)
                        : g_strdup (label);

  return notice;
}

OutboxNotice
outbox_notice_of_tap (const char *label)
{
  return (OutboxNotice){ g_strdup (outbox_message_get (N_ ("Your uploads need attention"))), g_strdup (label) };
}

char *
outbox_notice_dup_last_copy (guint n_here)
{
  static const OutboxPlural words
      = NP_ ("%u file has not arrived yet. Its only copy is on this device, which will be wiped.",
             "%u files have not arrived yet. Their only copies are on this device, which will be wiped.");

  return outbox_message_dup_count (&words, n_here);
}

OutboxNotice
outbox_notice_of_page (const char *origin, const char *code)
{
  /* Translators: the first %s is a web site, such as https://capture.example; the second a code, such as ABCD-EFGH. */
  return (OutboxNotice){ g_strdup (outbox_message_get (N_ ("A web page wants to add files"))),
                         outbox_message_format (N_ ("%s is asking. Allow it only if it shows this code: %s"), origin,
                                                code) };
}

static char *
dup_news_title (guint n_groups, guint n_grouped)
{
  static const OutboxPlural one_group
      = NP_ ("All of a group has arrived: %u file", "All of a group has arrived: %u files"),
      groups = NP_ ("All files of %u group have arrived", "All files of %u groups have arrived");

  if (n_groups == 0)
    return g_strdup (outbox_message_get (N_ ("Files have arrived")));

  return n_groups == 1 ? outbox_message_dup_count (&one_group, n_grouped)
                       : outbox_message_dup_count (&groups, n_groups);
}

OutboxNotice
outbox_notice_of_news (guint n_waited, guint n_groups, guint n_grouped)
{
  static const OutboxPlural waited = NP_ ("%u file that had to wait is confirmed by its server.",
                                          "%u files that had to wait are confirmed by their servers.");

  return (OutboxNotice){ dup_news_title (n_groups, n_grouped),
                         n_waited > 0 ? outbox_message_dup_count (&waited, n_waited)
                                      : g_strdup (outbox_message_get (N_ ("The server has confirmed each of them."))) };
}

const char *
outbox_notice_get_action (void)
{
  return outbox_message_get (N_ ("Show uploads"));
}
