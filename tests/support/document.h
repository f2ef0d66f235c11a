/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the daemon says of uploads, groups, holds and receipts: a{sv}. A member that is not there, or has another type than the
 * interface's, fails the test. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: text that lives as long as the document. */
const char *test_document_get_text (GVariant *document, const char *key);

/* Of type u, i, x or t. */
gint64 test_document_get_number (GVariant *document, char type, const char *key);

gboolean test_document_has_state (GVariant *document, const char *state);

/* Returns: (transfer full): the state, and every reason after a blank: "paused wait-unmetered". */
char *test_document_dup_status (GVariant *document);

/* Of the number @i in an aa{sv}. Returns: (transfer full). */
char *test_document_dup_id_in (GVariant *list, gsize i);

G_END_DECLS
