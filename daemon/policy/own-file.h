/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes the person's own file, one text after the other, by a process, since it may be a link into a network folder that does
 * not answer. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObOwnFile ObOwnFile;

/* @error: (nullable): Storage, DiskFull; NoBroker if the service ends */
typedef void (*ObOwnFileDone) (const GError *error, gpointer user_data);

/* @on_written: the text is on the disk; have it in force, then call ob_own_file_end(). */
ObOwnFile *ob_own_file_new (const char *path, void (*on_written) (gpointer user_data), gpointer user_data);

/* Texts that are not in force yet end with NoBroker. */
void ob_own_file_free (ObOwnFile *file);

/* @done: called once, perhaps at once */
void ob_own_file_write (ObOwnFile *file, const char *text, ObOwnFileDone done, gpointer user_data);

/* Tells whoever asked for the text that is on the disk that it is in force; does nothing if there is none. */
void ob_own_file_end (ObOwnFile *file);

G_END_DECLS
