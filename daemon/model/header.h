/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Headers of HTTP that a person may set: which are well formed, which are Outbox's own, and which are credentials. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: whether it is a token (RFC 9110 sections 5.1 and 5.6.2) */
gboolean ob_header_is_name (const char *name);

/* Returns: whether it is one line of clean text (RFC 9110 section 5.5) */
gboolean ob_header_is_value (const char *value);

/* Returns: whether a request has it of its own, as RFC 9110 and the protocols say: another value, such as of Content-Length,
 * would stop every upload */
gboolean ob_header_is_own (const char *name);

/* Returns: whether its value is a credential, by its name: it is kept as a secret, and not with the settings */
gboolean ob_header_is_credential (const char *name);

G_END_DECLS
