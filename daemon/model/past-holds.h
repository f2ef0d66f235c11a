/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The holds that covered an upload at a moment of its past, and since when each did, as the journal keeps them: SCOPE/REASON@SINCE, or
 * SCOPE/REASON@SINCE-UNTIL, with blanks between. Pure.
 */
#pragma once

#include "dbus/status.h"

G_BEGIN_DECLS

typedef struct
{
  OutboxScope scope;
  OutboxReason reason;
  gint64 since_ms; /* Unix milliseconds; 0: not known */
  gint64 until_ms; /* when it was to end by itself; 0: that was not known */
} ObPastHold;

/* Returns: (transfer full) (element-type ObPastHold): empty. */
GArray *ob_past_holds_new (void);

/* Keeps them in the order of the reasons. */
void ob_past_holds_add (GArray *holds, const ObPastHold *hold);
void ob_past_holds_add_all (GArray *holds, const GArray *others);

/* Takes out those of a scope; and those of an upload's own that had ended by themselves at @now_ms, of which no row tells. */
void ob_past_holds_drop (GArray *holds, OutboxScope scope);
void ob_past_holds_drop_ended (GArray *holds, gint64 now_ms);

/* Returns: since when that one held; 0 if it did not, or if that is not known */
gint64 ob_past_holds_find_since (const GArray *holds, OutboxScope scope, OutboxReason reason);

/* Returns: (transfer full) (nullable): as the journal keeps them; NULL for none */
char *ob_past_holds_dup_text (const GArray *holds);

/* @text: (nullable): what is no hold in it is left out. Returns: (transfer full) (element-type ObPastHold) */
GArray *ob_past_holds_read (const char *text);

/* Returns: the scope of that name; %OUTBOX_SCOPE_NONE where it is none. @name: (nullable) */
OutboxScope ob_past_holds_find_scope (const char *name);

G_END_DECLS
