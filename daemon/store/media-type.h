/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The media type of a file, on which its rule depends: a video that was taken for a photo would leave by mobile data. Pure,
 * but for GIO's database, which is asked last.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ob_media_type_guess:
 * @name: the file's
 * @head: its first bytes; 512 are enough
 *
 * By a table of our own of what cameras, phones and recorders write: shared-mime-info knows some of these as something else
 * (application/mxf, audio/x-mod) or not at all, and a kiosk may not have it. What the bytes say counts more than the name;
 * where they tell a container alone (TIFF, ISO media, Matroska …), the name says what is in it.
 *
 * Returns: (transfer full): like image/jpeg; application/octet-stream for what nobody knows
 */
char *ob_media_type_guess (const char *name, const void *head, gsize head_bytes);

/* Whether there is a database of GIO's (shared-mime-info): without it what is in no table of ours is application/octet-stream, and
 * has the rule for that. Looks at the disk. */
gboolean ob_media_type_has_database (void);

G_END_DECLS
