/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often pages that are not let in have asked lately: each origin, and all of them, since one page has as many origins as its domain
 * has names. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* In any minute; a page asks once, and again after a reload. */
#define OB_RATE_WINDOW_MS (60 * 1000)
#define OB_RATE_OF_ORIGIN 10
#define OB_RATE_IN_ALL 60

typedef struct _ObRate ObRate;

ObRate *ob_rate_new (void);
void ob_rate_free (ObRate *rate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObRate, ob_rate_free)

/* @now_ms: of a clock that nobody sets. Returns: 0, and it is counted; or for how many milliseconds it has to wait */
gint64 ob_rate_take (ObRate *rate, const char *origin, gint64 now_ms);

G_END_DECLS
