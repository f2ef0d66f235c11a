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
 * Asks our own table of what cameras, phones and recorders write first: shared-mime-info takes some of it for something else
 * (application/mxf, audio/x-mod) or does not know it, and a kiosk may not have it. Bytes count more than the name; if they tell
 * only the container (TIFF, ISO media, Matroska …), the name tells what is in it.
 *
 * Returns: (transfer full): such as image/jpeg; application/octet-stream if nobody knows the type
 */
char *ob_media_type_guess (const char *name, const void *head, gsize head_bytes);

/* Returns: whether GIO has a database (shared-mime-info). Without it, a file that our tables do not know is
 * application/octet-stream, and gets the rule for that. Reads the disk. */
gboolean ob_media_type_has_database (void);

G_END_DECLS
