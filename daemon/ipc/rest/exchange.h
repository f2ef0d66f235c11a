/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An exchange: a request that has found its route, and the answer that it waits for. It outlives its visit if somebody still works
 * on it, and then nobody is answered. Main thread.
 */
#pragma once

#include "dbus/error.h"
#include "ipc/feed.h"
#include "ipc/requests/request.h"
#include "ipc/rest/heartbeat.h"
#include "ipc/rest/last-text.h"
#include "ipc/rest/rate.h"
#include "ipc/rest/router.h"
#include "ipc/rest/tus-upload.h"
#include "ipc/rest/visit.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _ObExchange ObExchange;

/* What exchanges use; all of it must outlive them. */
typedef struct
{
  const ObRequestContext *requests;
  ObFeed *feed;
  ObTusUploads *tus;
  ObHeartbeat *heartbeat;
  ObLastText *last_text;
  ObRate *rate; /* of pages that ask to be let in */
} ObExchangeTools;

/* @tools, @visit: borrowed. @routed: what it has is taken. Attaches itself to the visit, which ends it. */
ObExchange *ob_exchange_begin (const ObExchangeTools *tools, ObVisit *visit, SoupServerMessage *message,
                               ObRouted *routed);

ObExchange *ob_exchange_ref (ObExchange *exchange);
void ob_exchange_unref (ObExchange *exchange);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObExchange, ob_exchange_unref)

/* Returns: whether nobody waits for the answer any more */
gboolean ob_exchange_is_over (const ObExchange *exchange);

const ObRequestContext *ob_exchange_get_context (const ObExchange *exchange);
ObFeed *ob_exchange_get_feed (const ObExchange *exchange);
ObTusUploads *ob_exchange_get_tus (const ObExchange *exchange);
ObHeartbeat *ob_exchange_get_heartbeat (const ObExchange *exchange);
ObLastText *ob_exchange_get_last_text (const ObExchange *exchange);
ObRate *ob_exchange_get_rate (const ObExchange *exchange);
const ObCaller *ob_exchange_get_caller (const ObExchange *exchange);
const char *ob_exchange_get_reader (const ObExchange *exchange); /* (nullable): see ob_visit_get_reader() */
const char *ob_exchange_get_digest (const ObExchange *exchange); /* (nullable): of the token of a page */
const ObRoute *ob_exchange_get_route (const ObExchange *exchange);

/* From now on it is served as one of that route, which has no parameter. */
void ob_exchange_set_route (ObExchange *exchange, const char *method, const char *path);
const char *ob_exchange_get_parameter (const ObExchange *exchange); /* (nullable): what the path says */
const char *ob_exchange_get_query (const ObExchange *exchange);     /* (nullable): escaped */
SoupServerMessage *ob_exchange_get_message (const ObExchange *exchange);

/* Has libsoup wait, until an answer is there or ob_exchange_go_on(). */
void ob_exchange_pause (ObExchange *exchange);
void ob_exchange_go_on (ObExchange *exchange);

/* As ObRequest has it. @user_data: the exchange */
typedef int (*ObExchangeTakeFile) (gpointer user_data, GError **error);

/* Runs a request in its caller's turn (ipc/line.h), even if nobody waits for the answer by then, but not one whose file went with
 * the visit; it must not be over yet. @take_file: (nullable). @done: gets a reference of the exchange as its data */
void ob_exchange_ask (ObExchange *exchange, const char *name, GVariant *arguments, ObExchangeTakeFile take_file,
                      ObRequestDone done);

/* Runs the request of its route. @request: without a context, a caller and data: these are the exchange's own */
void ob_exchange_run (ObExchange *exchange, const ObRequest *request);

/* These answer it; nothing happens where it is over. @document: (nullable): see ob_reply_document() */
void ob_exchange_answer (ObExchange *exchange, guint status, GVariant *document);
void ob_exchange_answer_file (ObExchange *exchange, const char *media_type, GBytes *file);
void ob_exchange_fail (ObExchange *exchange, const GError *error);
void ob_exchange_refuse (ObExchange *exchange, guint status, const char *detail);

/* As ob_reply_problem(). */
void ob_exchange_refuse_with (ObExchange *exchange, guint status, OutboxError code, const char *detail, GVariant *more);

/* Answers with a body that comes piece by piece, until it ends. Nothing happens where it is over. @text: (transfer full) */
void ob_exchange_begin_stream (ObExchange *exchange, const char *media_type);
void ob_exchange_send (ObExchange *exchange, char *text);
void ob_exchange_send_bytes (ObExchange *exchange, GBytes *bytes);
void ob_exchange_end (ObExchange *exchange);

/* Returns: whether its caller may have one more event stream. Errors: TooMany. */
gboolean ob_exchange_check_stream (ObExchange *exchange, GError **error);

/* Its caller was revoked: what is under way for it ends, whether it was answered or not. */
void ob_exchange_cut (ObExchange *exchange);

/* What one kind of route keeps. @free_part: called when the visit ends, answered or not */
void ob_exchange_set_part (ObExchange *exchange, gpointer part, GDestroyNotify free_part);
gpointer ob_exchange_get_part (const ObExchange *exchange);

G_END_DECLS
