/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each fuzz target has: one function that takes any bytes. It must end with nothing but an answer, and asserts what
 * every answer has to keep. Under clang libFuzzer calls it; elsewhere driver.c replays the corpus and changes to it.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Returns: (transfer full): the text up to the first zero byte or the end. */
static inline char *
fuzz_dup_text (const guint8 *data, gsize size)
{
  return size > 0 ? g_strndup ((const char *) data, size) : g_strdup ("");
}

/* Any a{sv}, of GVariant text. GLib asserts that an escape is no half of a surrogate pair. Returns: (transfer full) (nullable). */
static inline GVariant *
fuzz_parse_document (const guint8 *data, gsize size)
{
  g_autofree char *bytes = fuzz_dup_text (data, size);
  g_autofree char *text = g_utf8_make_valid (bytes, -1);

  for (char *escape = text; (escape = strchr (escape, '\\')); escape++)
    if (escape[1] == 'U' || (escape[1] == 'u' && g_ascii_tolower (escape[2]) == 'd'))
      escape[1] = 'n';

  return g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
}

/* Cuts a NUL-terminated text off @data, up to the next zero byte or the end. Returns: (transfer full). */
static inline char *
fuzz_take_text (const guint8 **data, gsize *size)
{
  gsize length = *size > 0 ? strnlen ((const char *) *data, *size) : 0;
  char *text = fuzz_dup_text (*data, length);

  length = MIN (length + 1, *size);
  *data += length;
  *size -= length;

  return text;
}

G_END_DECLS
