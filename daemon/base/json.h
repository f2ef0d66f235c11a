/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON from outside, checked against RFC 8259 before json-glib sees it.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define OB_JSON_MAX_DEPTH 32

/**
 * ob_json_check:
 * @text: bytes from outside; need not end in NUL
 * @size_bytes: how many
 * @error: InvalidArgument, with the position
 *
 * Strict grammar (RFC 8259), UTF-8, at most %OB_JSON_MAX_DEPTH levels, and no NUL, plain or escaped. json-glib takes comments
 * and leading zeros, wraps large integers and overflows the stack on deep nesting.
 */
gboolean ob_json_check (const char *text, gsize size_bytes, GError **error);

/* Checks and parses. An integer beyond 64 bits becomes a floating point number, so that one which nobody reads does not
 * void the rest. A name that occurs twice in an object is refused (RFC 7493 section 2.3). Errors: InvalidArgument.
 * Returns: (transfer full) (nullable): the root */
JsonNode *ob_json_parse (const char *text, gsize size_bytes, GError **error);

/* Members of an object from outside, of which any may be missing or of another type. */

/* Returns: (nullable): borrowed: the text; %NULL if the member is no text */
const char *ob_json_get_text (JsonObject *object, const char *name);

/* Returns: (transfer full) (nullable): the same, cleaned by ob_text_dup_clean() */
char *ob_json_dup_clean_text (JsonObject *object, const char *name);

/* Returns: whether the member is true */
gboolean ob_json_is_true (JsonObject *object, const char *name);

/* @number: (inout): unchanged if the member is no whole number from @least to @most. Returns: whether it is one */
gboolean ob_json_read_number (JsonObject *object, const char *name, gint64 least, gint64 most, gint64 *number);

/* Returns: (transfer full): the value as JSON that ob_json_check() accepts */
char *ob_json_write (GVariant *value);
char *ob_json_write_node (JsonNode *node);

G_END_DECLS
