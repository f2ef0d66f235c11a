/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How much of an upload its server has taken together with checksums, which it compares (tus 1.0, Checksum): a chunk whose
 * checksum is another is dropped, and so is one that was cut. Kept beside the offset, or a file that was sent in two attempts could
 * never be said to have arrived byte for byte. Pure functions.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint64 bytes; /* up to here each chunk was taken with its checksum */
  guint64
      begun_bytes; /* the end of a chunk that was sent from there with its checksum, and whose fate is not known; 0: none */
} ObChecked;

/* A chunk is about to be sent. @end_bytes: where it ends; 0: it goes without a checksum */
void ob_checked_begin (ObChecked *self, guint64 offset_bytes, guint64 end_bytes);

/* The server says what it has. */
void ob_checked_find (ObChecked *self, guint64 offset_bytes);

/* Forgets what cannot be so, as a damaged row may have it. Returns: whether it did */
gboolean ob_checked_mend (ObChecked *self, guint64 offset_bytes, guint64 size_bytes);

G_END_DECLS
