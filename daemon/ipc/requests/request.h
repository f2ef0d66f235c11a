/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request of a caller, by whichever door it came. A door only unpacks, runs the request (table.h), and replies; access,
 * ownership, limits and paging are decided behind it, in this folder. Main thread.
 */
#pragma once

#include "broker/broker.h"
#include "ipc/access.h"
#include "ipc/line.h"
#include "ipc/pairing.h"
#include "ipc/provision.h"
#include "ipc/sessions.h"
#include "policy/configuration.h"

G_BEGIN_DECLS

/* What requests use; all must outlive them. */
typedef struct
{
  ObBroker *broker;
  ObConfiguration *configuration;
  const char *rest_socket; /* (nullable): the path of REST's Unix socket; NULL: there is none */
  ObPairing *pairing;      /* web pages that ask to be let in */
  ObProvision *provision;  /* the administrator's destinations */
  ObSessions *sessions;    /* of the dashboard */
  const char *dashboard;   /* (nullable): the dashboard's origin; NULL: there is no port for pages */
  const char *rest_url;    /* (nullable): where REST listens for pages; NULL: nowhere */
  ObLine *line;            /* of all calls that are requests: a door adds each, and runs it in its caller's turn */
} ObRequestContext;

/* Called once, perhaps before ob_request_run() returns. @results: (nullable): floating a{sv}, by the result names of the
 * interface XML; %NULL if there are none. A handle in it is a descriptor, which the door owns from then on. @error:
 * (nullable): of the error table */
typedef void (*ObRequestDone) (GVariant *results, const GError *error, gpointer user_data);

typedef struct
{
  const ObRequestContext *context;
  const ObCaller *caller; /* borrowed until ob_request_run() returns, as is the next */
  GVariant *arguments;    /* a{sv}, by the argument names of the interface XML */
  /* (nullable): Returns: (transfer full): the caller's file; called at most once, and never for a refused request. */
  int (*take_file) (gpointer user_data, GError **error);
  ObWriter *writer;         /* (nullable): of Submit: what has written the file that the door takes */
  const char *tus_metadata; /* (nullable): of Create: what its metadata was read from */
  gboolean is_stream;       /* of Create: the door is sent the bytes, and gives nobody the file */
  ObRequestDone done;
  gpointer user_data; /* for both functions */
} ObRequest;

/* uploads.c. Returns: whether Submit would take a file with these options from that caller, before its bytes are here. Errors: those of Submit that
 * do not depend on the bytes. @options: a{sv} */
gboolean ob_request_check_submit (const ObRequestContext *context, const ObCaller *caller, GVariant *options,
                                  GError **error);

/* access.c. Lets in the app that asks. @name: as ob_pairing_begin() takes it. @by: who has decided, for the journal. @done: called once,
 * perhaps before this returns. Errors: NotFound, WrongState, Storage, DiskFull. */
void ob_request_approve_app (const ObRequestContext *context, const char *name, const char *by, ObCommandDone done,
                             gpointer user_data);

/* uploads.c. The upload that this caller may write, as it may commit it. Errors: NotAllowed, NotFound, Storage. Returns: (transfer full)
 * (nullable) */
ObUpload *ob_request_find_written (const ObRequestContext *context, const ObCaller *caller, const char *id,
                                   GError **error);

/* uploads.c. An upload that this caller may see. Errors: NotAllowed, NotFound, Storage. Returns: (transfer full) (nullable) */
ObUpload *ob_request_find_seen (const ObRequestContext *context, const ObCaller *caller, const char *id,
                                GError **error);

G_END_DECLS
