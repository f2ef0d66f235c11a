/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines for a maintainer about what the daemon decides and why. OUTBOX_DEBUG=gate,runs or all switches them on by domain.
 * Any thread.
 *
 * People send such lines to strangers, so a line never has a secret. A URL goes through ob_origin_dup_shown(); of a header
 * only the name is told; a server's words, metadata and submit keys are left out.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OB_DEBUG_GATE = 1 << 0,     /* network, power and time as the broker sees them; which lanes are held, and by what */
  OB_DEBUG_RUNS = 1 << 1,     /* which upload starts, stops and ends, what the end means, and when it is tried again */
  OB_DEBUG_TRANSFER = 1 << 2, /* requests, answers, chunks, connections that stall */
  OB_DEBUG_STORE = 1 << 3,    /* files that come in, commits, room on the disk, repairs */
  OB_DEBUG_IPC = 1 << 4,      /* who asks for what, and what is refused */
} ObDebugDomain;

/* Switches domains on. @wanted: (nullable): their names as in OUTBOX_DEBUG, with commas; an unknown name is warned of.
 * Call it once, before there is a second thread. */
void ob_debug_begin (const char *wanted);

gboolean ob_debug_is_on (ObDebugDomain domain);

/* Returns: how a line may name the error: "good" for %NULL, its name in the error table, or the domain of any other. Its
 * words could repeat a secret */
const char *ob_debug_name_error (const GError *error);

/* Writes a line to the log. @subject: (nullable): the upload's id or the destination's name that it is about;
 * OUTBOX_SUBJECT in the journal */
void ob_debug_write (ObDebugDomain domain, const char *subject, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* The same if the domain is on; only then are the arguments evaluated. */
#define ob_debug(domain, subject, ...)               \
  G_STMT_START                                       \
  {                                                  \
    if (G_UNLIKELY (ob_debug_is_on (domain)))        \
      ob_debug_write (domain, subject, __VA_ARGS__); \
  }                                                  \
  G_STMT_END

G_END_DECLS
