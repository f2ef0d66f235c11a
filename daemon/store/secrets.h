/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where secrets of destinations are kept, beside everything else: the person's keyring where one is open, else a file for this person
 * alone each. Main thread.
 *
 * What is written goes to its file first, which is on the disk when it returns, whatever the keyring does; from there it moves to
 * the keyring as soon as that is open, and the file goes once the keyring has given the same back and its file system is synced. So a
 * secret is found while the keyring comes and goes, and a file that is there is newer than the keyring's item.
 *
 *   at the file   item   a read gives                 what happens by itself
 *   yes           –      the file                     it moves to the keyring, when that is open
 *   yes           yes    the file                     the same: the move was interrupted, or it has been written again since
 *   –             yes    the keyring's, or an error   with [Secrets] store=file it moves back to the file
 *   –             –      NotFound                     nothing
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObSecrets ObSecrets;

/* Called once, perhaps before the call returns. @secret: (nullable): borrowed, and overwritten afterwards; %NULL with @error.
 * Errors: NotFound; Storage; WrongState: it is in the keyring, which cannot be asked now: see ob_secrets_watch(). */
typedef void (*ObSecretsRead) (const char *secret, const GError *error, gpointer user_data);
/* Called once, perhaps before the call returns. @error: (nullable): Storage, DiskFull. */
typedef void (*ObSecretsDone) (const GError *error, gpointer user_data);

/* @data_folder: the broker's own */
ObSecrets *ob_secrets_new (const char *data_folder);
void ob_secrets_free (ObSecrets *secrets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSecrets, ob_secrets_free)

/* Looks for a keyring on that bus from now on. Without it, all are files. */
void ob_secrets_attach (ObSecrets *secrets, GDBusConnection *connection);

/* @uses_keyring: what the configuration wants; at first TRUE */
void ob_secrets_use_keyring (ObSecrets *secrets, gboolean uses_keyring);

/* @opened: (nullable): called when the keyring can be asked, which it could not before */
void ob_secrets_watch (ObSecrets *secrets, void (*opened) (gpointer user_data), gpointer user_data);

/* Nothing is asked of the keyring any more; who reads is told. Files are read and written as before. */
void ob_secrets_stop (ObSecrets *secrets);

/* Returns: borrowed: the broker's own folder */
const char *ob_secrets_get_data_folder (ObSecrets *secrets);

/* Returns: (nullable): static: "file" or "keyring": where it is; %NULL: there is none */
const char *ob_secrets_get_place (ObSecrets *secrets, const char *name);

/* @name: of a destination. @secret: text. What is written replaces the old secret as a whole, and is on the disk when @done is
 * called. To remove what is not there is no error; an item of a keyring that is locked is removed when it is open. */
void ob_secrets_read (ObSecrets *secrets, const char *name, ObSecretsRead done, gpointer user_data);
void ob_secrets_write (ObSecrets *secrets, const char *name, const char *secret, ObSecretsDone done,
                       gpointer user_data);
void ob_secrets_remove (ObSecrets *secrets, const char *name, ObSecretsDone done, gpointer user_data);

G_END_DECLS
