/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of servers, and until when: protocols keep it here, so as not to ask before each upload. Shared by the
 * workers, each of which takes a copy and puts it back. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 until_us;          /* monotonic; 0: nothing is known */
  guint64 max_bytes;        /* of an upload; 0: no limit is known */
  guint64 chunk_bytes;      /* more than this did not get through in one request; 0: no limit is known */
  guint64 rate_bytes_per_s; /* of the last chunk; 0: there was none */
  gboolean has_checksum;
  gboolean ignores_expect;      /* Expect: 100-continue is not answered, or refused */
  gboolean wants_post;          /* something before it refuses PATCH, and lets POST with the method beside it pass */
  gsize refused_metadata_bytes; /* of the header: from that length on it is too much for the server; 0: none is known */
} ObServerFacts;

typedef struct _ObFacts ObFacts;

ObFacts *ob_facts_new (void);
ObFacts *ob_facts_ref (ObFacts *facts);
void ob_facts_unref (ObFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObFacts, ob_facts_unref)

/* What is known of the server at @url; nothing, where that is old. */
ObServerFacts ob_facts_get (ObFacts *facts, const char *url);

/* What is not known for any time is not kept. */
void ob_facts_put (ObFacts *facts, const char *url, const ObServerFacts *known);

G_END_DECLS
