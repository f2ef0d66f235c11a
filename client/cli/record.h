/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Standard input goes straight into the broker's file.
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

/**
 * cli_record:
 * @common: a{sv}: options of the upload
 * @name: (nullable): its name
 * @key: (nullable): its submit key
 *
 * Writes standard input to its end, and commits it. What has come before an error stays, for a person to commit or to remove.
 *
 * Returns: (transfer full) (nullable): the id, when it is safe
 */
char *cli_record (OutboxClient *client, GVariant *common, const char *name, const char *key, GError **error);

/* Commits, and waits for the answer. */
gboolean cli_record_commit (OutboxClient *client, const char *id, GError **error);

G_END_DECLS
