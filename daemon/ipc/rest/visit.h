/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Visits: connections at the door, one request each. A visit is ready when its head has come, was found good, and it is known
 * who calls; or when one of these refuses it. At the port it is known of which user the caller is, and its head tells the rest (pages.h). Every bound of the door on connections is here, and in visit-stream.h and guard.h.
 * Main thread.
 *
 * One request a connection, since libsoup closes those of a listener that is not its own after each answer, and since then no byte
 * behind a body can be taken for another request.
 */
#pragma once

#include "ipc/looks.h"
#include "ipc/rest/guard.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* In all; of one process, so that it cannot take the place of all others; at the port, where processes are not told apart, so that there is
 * room for programs at the socket; of one token; the event streams of one token; and the time for a head, also where it is refused
 * whatever it is. */
#define OB_VISITS_MOST 512
#define OB_VISITS_OF_PROCESS 64
#define OB_VISITS_AT_PORT 256
#define OB_VISITS_OF_TOKEN 32
#define OB_VISITS_STREAMS_OF_TOKEN 8
#define OB_VISIT_HEAD_MOST_S 10
#define OB_VISIT_REFUSED_MOST_S 2

/* Whoever is refused while it still sends would lose the answer with the connection: so much more is read, for so long, and dropped. */
#define OB_VISIT_REST_MAX_BYTES (64 * 1024 * 1024)
#define OB_VISIT_REST_MOST_S 5

typedef struct _ObVisits ObVisits;
typedef struct _ObVisit ObVisit;

/* @ready: called once for each visit that is to be answered. Errors: Failed. Returns: (transfer full) (nullable) */
ObVisits *ob_visits_new (void (*ready) (ObVisit *visit, gpointer user_data), gpointer user_data, GError **error);

/* From now on nobody is waited for. */
void ob_visits_stop (ObVisits *visits);

/* Close the streams of its visits first; all others are closed. */
void ob_visits_free (ObVisits *visits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObVisits, ob_visits_free)

/* Somebody has connected. @door: where */
void ob_visits_add (ObVisits *visits, ObGuardDoor door, GSocketConnection *connection);

/* Returns: (nullable): the visit of that address (see ob_visit_get_address()) */
ObVisit *ob_visits_find (ObVisits *visits, GSocketAddress *address);

/* Returns: (transfer container) (element-type ObVisit): all of them, until the main loop turns */
GPtrArray *ob_visits_list (ObVisits *visits);

/* --- A visit that is ready --- */

/* Call it once. Returns: (transfer full): what libsoup reads and writes; when it is closed, the visit is over */
GIOStream *ob_visit_open_stream (ObVisit *visit);

/* Returns: an object that stands for the visit, for libsoup to give back */
GSocketAddress *ob_visit_get_address (ObVisit *visit);

ObGuardDoor ob_visit_get_door (ObVisit *visit);

/* Returns: (nullable): who calls; %NULL where it is refused, and at the port for whoever shows no token */
const ObCaller *ob_visit_get_caller (ObVisit *visit);

/* At the port it is known after the head who calls. @caller: (transfer full) (nullable). @reader: (nullable): the origin whose pages
 * may read the answer. @digest: (nullable): of the caller's token */
void ob_visit_let_in (ObVisit *visit, ObCaller *caller, const char *reader, const char *digest);

/* Returns: whether there are more visits with its token than OB_VISITS_OF_TOKEN */
gboolean ob_visit_is_one_too_many (const ObVisit *visit);

/* It is an event stream from now on. Returns: %FALSE where its token has OB_VISITS_STREAMS_OF_TOKEN */
gboolean ob_visit_begin_stream (ObVisit *visit);

/* Returns: (nullable): the digest of the token that it has shown at the port */
const char *ob_visit_get_digest (const ObVisit *visit);

/* Whatever else comes is not read. */
void ob_visit_stop_listening (ObVisit *visit);

/* Returns: (nullable): the origin whose pages may read the answer; %NULL: no page may */
const char *ob_visit_get_reader (ObVisit *visit);

/* What is made of it. @gone: called when the visit is over */
void ob_visit_attach (ObVisit *visit, gpointer attached, GDestroyNotify gone);
gpointer ob_visit_get_attached (ObVisit *visit);

/* Returns: the HTTP status to refuse it with, and why; 0: it is to be served */
guint ob_visit_get_refusal (ObVisit *visit, const char **detail);

G_END_DECLS
