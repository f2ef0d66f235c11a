/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holds that cover more than one upload, and lists of them. Pure.
 */
#pragma once

#include "policy/status.h"

G_BEGIN_DECLS

/* The most holds that one lane can have. */
#define OB_LANE_HOLDS_MAX 10

/* A hold, with what it covers. */
typedef struct
{
  ObHold hold;
  char *key;           /* owned: what it holds: destination, destination/rule, or an upload's id; empty: the queue */
  const char *trouble; /* (nullable): borrowed: words of the error that caused it */
} ObSharedHold;

/* Returns: (transfer full) (element-type ObSharedHold): empty. */
GArray *ob_shared_holds_new (void);

/* @key: (transfer full). @trouble: (nullable): borrowed. */
void ob_shared_holds_add (GArray *list, const ObHold *hold, char *key, const char *trouble);

/* The same for a hold without words, unless the list has one of that key and reason. */
void ob_shared_holds_add_once (GArray *list, const ObHold *hold, char *key);

G_END_DECLS
