/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls that wait for their turn, whichever door they came by: callers take turns, and each turn of the main loop serves some
 * calls. Otherwise a thousand calls of one app, which a door delivers at once, would block everybody else's. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObLine ObLine;

/* One of the two is called, once: it is the caller's turn, or the line ends and nobody is served any more. */
typedef struct
{
  void (*serve) (gpointer call);
  void (*drop) (gpointer call);
} ObLineCall;

/* With a lower priority than the doors' reading, so that calls which have arrived meanwhile are in line too. The same as a commit,
 * so that neither waits for the other; and who lets new callers in does so with it too, so that these leave room for both. */
#define OB_LINE_PRIORITY (G_PRIORITY_DEFAULT + 10)

ObLine *ob_line_new (void);

/* Drops the calls that still wait. */
void ob_line_free (ObLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObLine, ob_line_free)

/* @caller: who takes turns with the others. @kind: static. @call: (transfer full) */
void ob_line_add (ObLine *line, const char *caller, const ObLineCall *kind, gpointer call);

G_END_DECLS
