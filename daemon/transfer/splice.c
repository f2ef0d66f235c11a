/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Replaces the splice function of libsoup's body stream class, once for the process.
 */
#include "transfer/splice.h"

#define PIECE_BYTES (64 * 1024)

static gboolean
write_piece (GOutputStream *stream, const char *piece, gsize count, GCancellable *cancellable, GError **error)
{
  while (count > 0)
    {
      gssize written = G_OUTPUT_STREAM_GET_CLASS (stream)->write_fn (stream, piece, count, cancellable, error);

      if (written < 0)
        return FALSE;
      piece += written;
      count -= (gsize) written;
    }

  return TRUE;
}

/* g_output_stream_splice() has already checked the arguments and marked the stream as busy. */
static gssize
splice (GOutputStream *stream, GInputStream *source, GOutputStreamSpliceFlags flags, GCancellable *cancellable,
        GError **error)
{
  GOutputStreamClass *base = g_type_class_peek (G_TYPE_OUTPUT_STREAM);
  g_autofree char *piece = NULL;
  gssize total = 0, count;

  /* libsoup never passes this flag. */
  if (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)
    return base->splice (stream, source, flags, cancellable, error);
  piece = g_malloc (PIECE_BYTES);
  while ((count = g_input_stream_read (source, piece, PIECE_BYTES, cancellable, error)) > 0)
    {
      if (!write_piece (stream, piece, (gsize) count, cancellable, error))
        {
          count = -1;
          break;
        }
      total += count;
    }
  if (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE)
    (void) g_input_stream_close (source, cancellable, NULL);

  return count == 0 ? total : -1;
}

void
ob_splice_widen (void)
{
  GType type = g_type_from_name ("SoupBodyOutputStream");
  GOutputStreamClass *klass = type ? g_type_class_peek (type) : NULL;
  GOutputStreamClass *base = g_type_class_peek (G_TYPE_OUTPUT_STREAM);

  if (klass && base && klass->splice == base->splice)
    klass->splice = splice;
}
