/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an offset means for chunks that were sent with checksums.
 */
#include "model/checked.h"

void
ob_checked_begin (ObChecked *self, guint64 offset_bytes, guint64 end_bytes)
{
  self->begun_bytes = self->bytes == offset_bytes ? end_bytes : 0;
}

/* The chunk may still arrive after an answer that does not have it yet: its end is kept until another one begins. */
void
ob_checked_find (ObChecked *self, guint64 offset_bytes)
{
  if (self->begun_bytes > 0 && offset_bytes == self->begun_bytes)
    *self = (ObChecked){ .bytes = offset_bytes };
  else
    self->bytes = MIN (self->bytes, offset_bytes);
}

gboolean
ob_checked_mend (ObChecked *self, guint64 offset_bytes, guint64 size_bytes)
{
  if (self->bytes <= offset_bytes && self->begun_bytes <= size_bytes)
    return FALSE;
  *self = (ObChecked){ 0 };

  return TRUE;
}
