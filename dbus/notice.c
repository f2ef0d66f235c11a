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

const char *
outbox_notice_get_action (void)
{
  return outbox_message_get (N_ ("Show uploads"));
}
