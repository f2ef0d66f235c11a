/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text from outside. Everything that is kept or shown is clean: valid UTF-8 without control characters (Unicode category
 * Cc: C0, DEL and C1). Any thread.
 *
 *   what comes                                        at its door, so in rows,      on a terminal
 *                                                     documents and requests        (client/cli/print.h)
 *   bytes that are no UTF-8                           U+FFFD; of HTTP: Latin-1      U+FFFD
 *   tab, line feed, carriage return                   a blank; in a value of        U+FFFD
 *                                                     metadata as it is
 *   other C0, DEL, C1                                 U+FFFD                        U+FFFD
 *   marks of direction (U+061C, U+200E, U+200F,       as it is: a name in Arabic    U+FFFD
 *   U+202A to U+202E, U+2066 to U+2069), U+FEFF       or Hebrew has them
 *   and other format characters
 *   U+200C and U+200D, which scripts and emoji need   as it is                      as it is
 *   U+2028, U+2029                                    as it is                      U+FFFD
 *
 * Text that is compared (submit keys, groups, names of apps and destinations) is refused if it is not clean, since a repair
 * could make one of two. Length is bounded by each door.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The most that an error repeats of a caller's word. */
#define OB_TEXT_SHOWN_CHARS 80

/* The end of the year 9999 in Unix milliseconds: RFC 3339 section 5.6 has four digits for a year. */
#define OB_TIME_MAX_MS G_GINT64_CONSTANT (253402300799999)

/* Returns: whether it is valid UTF-8 without control characters */
gboolean ob_text_is_clean (const char *text);

/**
 * ob_text_dup_clean:
 * @bytes: anything
 * @size_bytes: how many, or -1: up to NUL
 * @most_chars: where it is cut; 0: nowhere
 *
 * Bytes that are no UTF-8, and control characters, become U+FFFD; line breaks and tabs become blanks.
 *
 * Returns: (transfer full): clean text
 */
char *ob_text_dup_clean (const char *bytes, gssize size_bytes, gsize most_chars);

/* The same for text of several lines, which keeps its line ends and tabs. */
char *ob_text_dup_clean_lines (const char *text);

/* The same for text of an HTTP header: bytes that are not UTF-8 are taken as ISO-8859-1, as HTTP once defined (RFC 9110
 * section 5.5). @bytes: (nullable): NULL is empty */
char *ob_text_dup_http (const char *bytes, gsize most_chars);

/* A SHA-256 digest, as hexadecimal in either case. */
#define OB_SHA256_HEX_LENGTH 64
#define OB_SHA256_BYTES (OB_SHA256_HEX_LENGTH / 2)
gboolean ob_text_is_sha256 (const char *text);

/* Returns: whether the text is such a digest, whose bytes are then in @digest */
gboolean ob_text_read_sha256 (const char *text, guint8 digest[OB_SHA256_BYTES]);

/* Sets NotFound. @sentence: has one %s, such as "There is no upload %s". @name: a caller's word */
void ob_text_set_not_found (GError **error, const char *sentence, const char *name);

/**
 * ob_text_dup_filled:
 * @sentence: with one or two %s, and no other format
 * @first: for the first
 * @second: (nullable): for the second
 *
 * For sentences that are chosen from several, which printf() takes no format from.
 *
 * Returns: (transfer full): the sentence
 */
char *ob_text_dup_filled (const char *sentence, const char *first, const char *second);

/* Reads a time in RFC 3339 or ISO 8601 (without a zone: the device's), or a number of Unix milliseconds, or of seconds
 * if it is small. Returns: Unix milliseconds; 0 if it is neither, or before 1970 */
gint64 ob_text_read_time (const char *text);

/* Writes a time as RFC 3339 in UTC. Returns: (transfer full) (nullable): %NULL after the year 9999 */
char *ob_text_dup_time (gint64 at_ms);

G_END_DECLS
