/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Follows uploads as they change: with bars on a terminal, a line for each change in a pipe, or a JSON document a line. It
 * survives restarts of the broker.
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

/* The last picture stays on the terminal. */
void cli_view_free (CliView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliView, cli_view_free)

/* Follows an upload. Call it before asking for its document, so that no change in between is missed. */
void cli_view_expect (CliView *view, const char *id);

/* The same for an upload about to be handed over with that submit key. */
void cli_view_expect_key (CliView *view, const char *key);

/* Follows every upload that the filter matches, and those to come. */
void cli_view_expect_all (CliView *view);

/* Asks for all that is followed; if the broker is away, once it is back. */
void cli_view_refresh (CliView *view);

/* Takes the answer to a question for an expected upload. A signal that came meanwhile is newer, and wins. */
void cli_view_put (CliView *view, OutboxUpload *upload);

/* Returns: whether nothing can change any more without a person: all have arrived, failed or been removed. */
gboolean cli_view_is_over (CliView *view);

/* Returns: how many have not arrived */
guint cli_view_count_unfinished (CliView *view);

G_END_DECLS
