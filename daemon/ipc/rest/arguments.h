/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request's arguments from the parts of an HTTP request. Pure.
 *
 *   what can come in a query                                  what becomes of it
 *   a name that the route does not have, one twice,           InvalidArgument, naming it
 *     one without =, an escape that is no text
 *   + for a blank                                             a blank, as forms and URLSearchParams write it
 *   metadata.KEY, where files are handed over                 a pair of metadata
 *   a number with a sign, blanks, a fraction, beyond its      InvalidArgument, naming it
 *     type; for a boolean anything but true and false
 *
 *   what can come in a body of JSON
 *   what ob_json_parse() refuses: no UTF-8, deeper than       InvalidArgument
 *     32, a name twice, other grammar
 *   anything but an object; a member of another type, or      InvalidArgument, naming it
 *     beyond its range; a list or an object of texts with
 *     anything else in it
 *   nothing, or {}, where nothing is needed                   no arguments
 */
#pragma once

#include "ipc/rest/router.h"

G_BEGIN_DECLS

/* @parameter: (nullable): what the path says. @query: (nullable): escaped. Errors: InvalidArgument. Returns: (transfer full)
 * (nullable): a{sv} */
GVariant *ob_arguments_make (const ObRoute *route, const char *parameter, const char *query, const char *body,
                             gsize size_bytes, GError **error);

/* A query as options. @options: see ObRoute. Errors: InvalidArgument. Returns: (transfer full) (nullable): a{sv} */
GVariant *ob_arguments_read_query (const char *query, const ObOption *options, gboolean has_metadata, GError **error);

/* What a field of the head says, as an option: the key as Idempotency-Key, the media type as Content-Type. @value: (nullable): nothing is
 * said. Errors: InvalidArgument where it is no text. */
gboolean ob_arguments_add_field (GVariantDict *options, const char *name, const char *value, GError **error);

/* The arguments of a request that has one. @value: floating or not. Returns: (transfer full): a{sv} */
GVariant *ob_arguments_make_one (const char *name, GVariant *value);

G_END_DECLS
