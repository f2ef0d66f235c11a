/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callers can ask for, whatever door they come by: one table of operations by the names of the bus's methods, such as
 * "Uploads.Get". Who may ask, whose uploads it is about, limits and pages are decided here; a door unpacks, runs a request, and
 * replies. Main thread.
 */
#pragma once

#include "broker/broker.h"
#include "ipc/access.h"
#include "policy/configuration.h"

G_BEGIN_DECLS

/* What requests work on; both outlive them. */
typedef struct
{
  ObBroker *broker;
  ObConfiguration *configuration;
} ObRequestContext;

/* Called once, perhaps before ob_request_run() returns. @results: (nullable): floating, of type a{sv}: what is answered, by
 * the names that the interface XML has for it; %NULL: there is nothing to tell. A handle among them is a descriptor of this
 * process, which is the door's from then on. @error: (nullable): why not, of the error
 * table. */
typedef void (*ObRequestDone) (GVariant *results, const GError *error, gpointer user_data);

typedef struct
{
  const ObRequestContext *context;
  const ObCaller *caller; /* valid until ob_request_run() returns, as is the next */
  GVariant *arguments;    /* a{sv}: by the names that the interface XML has for them */
  /* (nullable): gives the caller's file, once and owned: a request that is refused leaves it where it is. */
  int (*take_file) (gpointer user_data, GError **error);
  ObRequestDone done;
  gpointer user_data; /* of both */
} ObRequest;

gboolean ob_request_is_known (const char *name);

/* Returns: how many there are. */
guint ob_request_count (void);

/**
 * ob_request_run:
 * @name: one that ob_request_is_known()
 *
 * Errors: NotAllowed where the table of access refuses the caller; InvalidArgument where an argument is missing, unknown or of
 * another type; and those of the operation.
 */
void ob_request_run (const char *name, const ObRequest *request);

G_END_DECLS
