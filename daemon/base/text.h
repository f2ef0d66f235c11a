/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text from outside. Everything that is kept or shown is clean: valid UTF-8 without control characters (Unicode category
 * Cc: C0, DEL and C1). Marks of writing direction are text, and are hidden where a terminal shows them. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of a caller's word that an error repeats. */
#define OB_TEXT_SHOWN_CHARS 80

/* Whether it is valid UTF-8 without control characters. */
gboolean ob_text_is_clean (const char *text);

/**
 * ob_text_dup_clean:
 * @bytes: anything
 * @size_bytes: how many, or -1: up to NUL
 * @most_chars: where it is cut; 0: nowhere
 *
 * What is no UTF-8, and control characters, become U+FFFD; line breaks and tabs become blanks.
 *
 * Returns: (transfer full): clean text
 */
char *ob_text_dup_clean (const char *bytes, gssize size_bytes, gsize most_chars);

/* The same for what a header of HTTP says: bytes that are no UTF-8 are ISO-8859-1, as they were once meant to be (RFC 9110
 * section 5.5). @bytes: (nullable): NULL is empty. */
char *ob_text_dup_http (const char *bytes, gsize most_chars);

/* NotFound: "There is no @kind @name", where @name is a caller's word. */
void ob_text_set_not_found (GError **error, const char *kind, const char *name);

G_END_DECLS
