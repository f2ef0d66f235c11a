/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the protocols have learned of servers and for how long it holds, so that not every upload asks again. The workers
 * share it; each takes a copy and puts it back. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 until_us;          /* monotonic; 0: nothing is known */
  guint64 max_bytes;        /* of the largest upload that it takes; 0: no limit is known */
  guint64 chunk_bytes;      /* the most that gets through in one request; 0: no limit is known */
  guint64 rate_bytes_per_s; /* at which the last chunk went; 0: there was none */
  gboolean has_checksum;
  gboolean ignores_expect;      /* it refuses Expect: 100-continue, or does not answer it */
  gboolean takes_no_condition;  /* it refuses If-None-Match and If-Match */
  gboolean wants_post;          /* a proxy before it refuses PATCH, and lets POST with X-HTTP-Method-Override pass */
  gsize refused_metadata_bytes; /* a metadata header of this length or longer is too much for it; 0: none is known */
} ObServerFacts;

typedef struct _ObFacts ObFacts;

ObFacts *ob_facts_new (void);
ObFacts *ob_facts_ref (ObFacts *facts);
void ob_facts_unref (ObFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObFacts, ob_facts_unref)

/* Returns: what is known of the server at @url; empty if it is too old */
ObServerFacts ob_facts_get (ObFacts *facts, const char *url);

/* Facts without a time until which they hold are dropped. */
void ob_facts_put (ObFacts *facts, const char *url, const ObServerFacts *known);

G_END_DECLS
