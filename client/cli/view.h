/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uploads followed as they change: bars on a terminal, a line a change in a pipe, or a JSON document a line. It lives
 * through restarts of the broker.
 */
#pragma once

#include <outbox.h>

G_BEGIN_DECLS

typedef struct _CliView CliView;

/**
 * cli_view_new:
 * @client: a client
 * @is_json: print documents, one a line
 * @filter: (nullable): a{sv} of Watch, floating
 *
 * Begins to watch. Nothing is followed yet.
 *
 * Returns: (transfer full) (nullable): a view
 */
CliView *cli_view_new (OutboxClient *client, gboolean is_json, GVariant *filter, GError **error);

/* Leaves the last picture standing. */
void cli_view_free (CliView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliView, cli_view_free)

/* Follows an upload from here on. Say it before its document is asked for: what changes meanwhile is not missed. */
void cli_view_expect (CliView *view, const char *id);

/* The same for an upload that is about to be handed over with that submit key. */
void cli_view_expect_key (CliView *view, const char *key);

/* Follows every upload that the filter lets through, those to come as well. */
void cli_view_expect_all (CliView *view);

/* Asks how what is followed stands; a broker that is away is asked when it is back. */
void cli_view_refresh (CliView *view);

/* The answer to a question for an upload that is expected. What was signalled about it meanwhile is newer. */
void cli_view_put (CliView *view, OutboxUpload *upload);

/* Whether nothing of what it follows can change any more without a person: it has arrived, failed or been removed. */
gboolean cli_view_is_over (CliView *view);

/* How many of them have not arrived. */
guint cli_view_count_unfinished (CliView *view);

G_END_DECLS
