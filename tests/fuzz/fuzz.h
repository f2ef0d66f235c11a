/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each fuzz target has: one function that takes any bytes. It must end with nothing but an answer, and asserts what
 * every answer has to keep. Under clang libFuzzer calls it; elsewhere driver.c replays the corpus and changes to it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Cuts a NUL-terminated text off @data, up to the next zero byte or the end. Returns: (transfer full). */
static inline char *
fuzz_take_text (const guint8 **data, gsize *size)
{
  gsize length = *size > 0 ? strnlen ((const char *) *data, *size) : 0;
  char *text = *size > 0 ? g_strndup ((const char *) *data, length) : g_strdup ("");

  length = MIN (length + 1, *size);
  *data += length;
  *size -= length;

  return text;
}

G_END_DECLS
