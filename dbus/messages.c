/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The messages of the labels, and their way through the catalogue. Constant data, any thread. Not g_dgettext(): it leaves
 * out of a program without a catalogue in the person's language what we could say in it.
 */
#include "config.h"

#include "dbus/messages.h"

#include <glib/gi18n-lib.h>

const OutboxRetryMessages *
outbox_messages_get_retry (OutboxLabelLength length)
{
  static const OutboxRetryMessages line = {
    N_ ("Retrying now"),
    NP_ ("Retrying in %u s", "Retrying in %u s"),
    NP_ ("Retrying in %u min", "Retrying in %u min"),
    NP_ ("Retrying in %u h", "Retrying in %u h"),
    NP_ ("Retrying in %u day", "Retrying in %u days"),
  };
  static const OutboxRetryMessages sentence = {
    N_ ("The last attempt failed. The next one starts now."),
    NP_ ("The last attempt failed. The next one is in %u second.",
         "The last attempt failed. The next one is in %u seconds."),
    NP_ ("The last attempt failed. The next one is in %u minute.",
         "The last attempt failed. The next one is in %u minutes."),
    NP_ ("The last attempt failed. The next one is in %u hour.",
         "The last attempt failed. The next one is in %u hours."),
    NP_ ("The last attempt failed. The next one is in %u day.", "The last attempt failed. The next one is in %u days."),
  };

  return length == OUTBOX_LABEL_NOTIFICATION ? &sentence : &line;
}

const OutboxUntilMessages *
outbox_messages_get_until (void)
{
  static const OutboxUntilMessages messages = {
    /* Translators: %s is one of the messages that begin with "until" */
    .label = N_ ("Paused · %s"),
    /* Translators: %s is one of the messages that begin with "until" */
    .sentence = N_ ("It waits %s and then continues automatically."),
    /* Translators: this and the next are formats of strftime(); use %H, %M, %Y, %m and %d only */
    .today = N_ ("until %H:%M"),
    .tomorrow = N_ ("until tomorrow, %H:%M"),
    .weekdays = {
      N_ ("until Monday, %H:%M"),
      N_ ("until Tuesday, %H:%M"),
      N_ ("until Wednesday, %H:%M"),
      N_ ("until Thursday, %H:%M"),
      N_ ("until Friday, %H:%M"),
      N_ ("until Saturday, %H:%M"),
      N_ ("until Sunday, %H:%M"),
    },
    .later = N_ ("until %Y-%m-%d"),
  };

  return &messages;
}

const OutboxGroupMessages *
outbox_messages_get_group (void)
{
  static const OutboxGroupMessages messages = {
    .empty = N_ ("Nothing to upload"),
    /* Translators: a group of files: some are on their way, and 6 of 22 have arrived */
    .uploading = N_ ("Uploading %u of %u"),
    /* Translators: a group of files: the sixth of 22 is being copied */
    .saving = N_ ("Saving %u of %u on this device"),
    .uploaded = NP_ ("%u of %u uploaded", "%u of %u uploaded"),
    .failed = NP_ ("Failed · %u of %u needs attention", "Failed · %u of %u need attention"),
    .need_you = NP_ ("%u needs attention", "%u need attention"),
    /* Translators: between the parts of a group's line, such as "Uploading 6 of 22 · 1 waits for Wi-Fi" */
    .separator = N_ (" · "),
    /* Translators: the same parts as sentences of a notification: each becomes one, with the blank that divides two */
    .sentence = N_ ("%s. "),
  };

  return &messages;
}

const char *
outbox_state_message (OutboxState state, OutboxLabelLength length)
{
  const OutboxStateInfo *info = outbox_state_get_info (state);

  if (length == OUTBOX_LABEL_TERMINAL)
    return info->label;

  if (length == OUTBOX_LABEL_NOTIFICATION)
    return info->sentence;

  /* How far it is belongs to the shortest one, too. */
  return state == OUTBOX_STATE_UPLOADING ? info->label : info->title;
}

const char *
outbox_reason_message (OutboxReason reason, OutboxLabelLength length)
{
  const OutboxReasonInfo *info = outbox_reason_get_info (reason);

  if (length == OUTBOX_LABEL_TERMINAL)
    return info->label;

  return length == OUTBOX_LABEL_NOTIFICATION ? info->sentence : info->chip;
}

void
outbox_messages_bind (void)
{
  static gsize is_bound = 0;

  if (g_once_init_enter (&is_bound))
    {
      const char *folder = g_getenv ("OUTBOX_LOCALEDIR");

      (void) bindtextdomain (GETTEXT_PACKAGE, folder ? folder : OB_LOCALEDIR);
      (void) bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
      g_once_init_leave (&is_bound, 1);
    }
}

const char *
outbox_message_get (const char *message)
{
  outbox_messages_bind ();

  /* The empty one has the head of the catalogue. */
  return *message ? dgettext (GETTEXT_PACKAGE, message) : message;
}

/* What the catalogues have for formats is held to them when they are built. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
char *
outbox_message_format (const char *message, ...)
{
  va_list arguments;
  char *text;

  va_start (arguments, message);
  text = g_strdup_vprintf (outbox_message_get (message), arguments);
  va_end (arguments);

  return text;
}

char *
outbox_message_dup_count_of (const OutboxPlural *plural, guint decides, guint count, guint of)
{
  outbox_messages_bind ();

  return g_strdup_printf (dngettext (GETTEXT_PACKAGE, plural->one, plural->many, decides), count, of);
}
#pragma GCC diagnostic pop

char *
outbox_message_dup_count (const OutboxPlural *plural, guint count)
{
  return outbox_message_dup_count_of (plural, count, count, 0);
}
