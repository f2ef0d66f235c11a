/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets that callers hand over as a descriptor: a pipe, by which they cross neither the bus nor a command line. Whatever it
 * is, a process reads it (base/errand.h), since a read may never return. Main thread.
 *
 *   what comes                              what is made of it
 *   up to 64 KiB and an end                 the bytes, whichever they are
 *   more                                    InvalidArgument, at once
 *   nothing, or no end within 10 seconds    InvalidArgument; the process is killed
 *   what cannot be read (a folder, a pipe's
 *   writing end, a file of mode O_WRONLY)   InvalidArgument
 *   a regular file, a socket, a terminal    read as a pipe is
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define OB_SECRET_PIPES_MOST 4
#define OB_SECRET_PIPES_MS (10 * 1000)

typedef struct _ObSecretPipes ObSecretPipes;

/* Called once. @bytes: (nullable): overwritten after it returns; %NULL with @error */
typedef void (*ObSecretPipesDone) (const char *bytes, gsize size_bytes, const GError *error, gpointer user_data);

/* @patience_ms: how long the end may take: OB_SECRET_PIPES_MS */
ObSecretPipes *ob_secret_pipes_new (guint patience_ms);

/* What is under way ends: its callers are told NoBroker. */
void ob_secret_pipes_free (ObSecretPipes *pipes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSecretPipes, ob_secret_pipes_free)

/* @fd: (transfer full). Errors, for @done: InvalidArgument, Failed, TooMany where OB_SECRET_PIPES_MOST are being read. */
void ob_secret_pipes_read (ObSecretPipes *pipes, int fd, ObSecretPipesDone done, gpointer user_data);

G_END_DECLS
