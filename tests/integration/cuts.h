/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The states in which a power cut can leave a disk, made of the log of its writes: all that was flushed, and of what was written
 * since then any part, also of a single write. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  CUT_AT_FLUSH,     /* nothing that was written after the flush */
  CUT_BEFORE_FLUSH, /* all of it but the last write */
  CUT_IN_ANY_ORDER, /* any of it, and of some writes a part */
} CutKind;

/* An epoch is what was written between two flushes. */
typedef struct
{
  CutKind kind;
  guint epoch;
  guint32 seed; /* IN_ANY_ORDER */
} Cut;

typedef struct _Cuts Cuts;

/* @image: what was on the disk before the first entry. @n_entries: of the log; what comes later is of no interest. @folder: for images */
Cuts *cuts_new (const char *image, const char *log, guint64 n_entries, const char *folder);
void cuts_free (Cuts *cuts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Cuts, cuts_free)

/* Epochs in which something was written. */
guint cuts_count_epochs (Cuts *cuts);

/* When power may have gone at the latest: the number of entries that the log had then, and the time, in microseconds of the wall clock. */
guint64 cuts_get_end (Cuts *cuts, guint epoch);
gint64 cuts_get_end_us (Cuts *cuts, guint epoch);

/* Makes the image of a cut. Cuts come in the order of their epochs. Returns: borrowed: its path, until the next one */
const char *cuts_make_image (Cuts *cuts, const Cut *cut);

/* Returns: (transfer full): for whoever reads the log */
char *cuts_describe (const Cut *cut);

G_END_DECLS
