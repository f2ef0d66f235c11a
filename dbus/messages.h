/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The messages of the labels beside those of the status tables, and their way through the catalogue. Not for clients.
 */
#pragma once

#include "dbus/label.h"

G_BEGIN_DECLS

/* Marks a message with a number for the translators; po/meson.build knows it. */
#define NP_(One, Many) \
  {                    \
    (One), (Many)      \
  }

#define OUTBOX_N_LABEL_LENGTHS (OUTBOX_LABEL_WEB + 1)

/* How long it still takes, by the unit that it is told in. */
typedef struct
{
  const char *now;
  OutboxPlural seconds;
  OutboxPlural minutes;
  OutboxPlural hours;
  OutboxPlural days;
} OutboxRetryMessages;

/* When it goes on. Each but @label and @sentence is a format of strftime() with %H %M %Y %m %d only. */
typedef struct
{
  const char *label;       /* around one of the others */
  const char *sentence;    /* the same in a notification */
  const char *today;       /* the present day, and what is left of it */
  const char *tomorrow;    /* the day after */
  const char *weekdays[7]; /* within a week, from Monday */
  const char *later;
} OutboxUntilMessages;

/* Of a group. */
typedef struct
{
  const char *empty;
  const char *uploading; /* the how manieth, of how many */
  const char *saving;    /* the same */
  OutboxPlural uploaded; /* how many, of how many: by the latter */
  OutboxPlural failed;   /* how many, of how many: by the former */
  OutboxPlural need_you;
  const char *separator; /* between the parts of a line */
  const char *sentence;  /* around a part in a notification, with what is between two of them */
} OutboxGroupMessages;

const OutboxRetryMessages *outbox_messages_get_retry (OutboxLabelLength length);
const OutboxUntilMessages *outbox_messages_get_until (void);
const OutboxGroupMessages *outbox_messages_get_group (void);

/* A state's or a reason's message (id), at a length. */
const char *outbox_state_message (OutboxState state, OutboxLabelLength length);
const char *outbox_reason_message (OutboxReason reason, OutboxLabelLength length);

/* Finds the catalogues, whatever program the labels are shown in: where they were installed, or in the folder that
 * OUTBOX_LOCALEDIR names. */
void outbox_messages_bind (void);

/* In the language of the process. @plural: has the number for its first %u, which is all that it has, or followed by @of. */
const char *outbox_message_get (const char *message);
char *outbox_message_format (const char *message, ...);
char *outbox_message_dup_count (const OutboxPlural *plural, guint count);
char *outbox_message_dup_count_of (const OutboxPlural *plural, guint decides, guint count, guint of);

G_END_DECLS
