/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The media type of a file, which decides its rule: a video taken for a photo would leave by mobile data. Pure, except for
 * GIO's database, which is asked last.
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

/* Whether GIO has a database (shared-mime-info). Without it, a file that our tables do not know is
 * application/octet-stream, and gets the rule for that. Reads the disk. */
gboolean ob_media_type_has_database (void);

G_END_DECLS
