/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the daemon decides and why, in lines for a maintainer: OUTBOX_DEBUG=gate,runs or all switches them on by domain. Any
 * thread.
 *
 * A line never has a secret, since people send such lines to strangers. A URL goes through ob_origin_dup_shown(); a header is
 * named and its value left out; words of a server, metadata and submit keys are left out.
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

/* Switches domains on. @wanted: (nullable): their names with commas between, as OUTBOX_DEBUG has them; a name that is none is
 * warned of. Call it once, before there is a second thread. */
void ob_debug_begin (const char *wanted);

gboolean ob_debug_is_on (ObDebugDomain domain);

/* Returns: what a line may say of it: "good" for %NULL, the name of an error of the error table, or the domain of another. An
 * error's words may repeat a secret. */
const char *ob_debug_name_error (const GError *error);

/* Writes a line to the log. @subject: (nullable): what it is about, an upload's id or a destination's name; the journal has it as
 * OUTBOX_SUBJECT. */
void ob_debug_write (ObDebugDomain domain, const char *subject, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* The same, where the domain is on; the arguments are evaluated only then. */
#define ob_debug(domain, subject, ...)               \
  G_STMT_START                                       \
  {                                                  \
    if (G_UNLIKELY (ob_debug_is_on (domain)))        \
      ob_debug_write (domain, subject, __VA_ARGS__); \
  }                                                  \
  G_STMT_END

G_END_DECLS
