/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where secrets of destinations are kept, beside everything else: a file for this person alone each. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObSecrets ObSecrets;

/* Called once, perhaps before the call returns. @secret: (nullable): borrowed, and overwritten afterwards; %NULL with @error.
 * Errors: NotFound, Storage. */
typedef void (*ObSecretsRead) (const char *secret, const GError *error, gpointer user_data);
/* Called once, perhaps before the call returns. @error: (nullable): Storage, DiskFull. */
typedef void (*ObSecretsDone) (const GError *error, gpointer user_data);

/* @data_folder: the broker's own */
ObSecrets *ob_secrets_new (const char *data_folder);
void ob_secrets_free (ObSecrets *secrets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSecrets, ob_secrets_free)

/* Returns: borrowed: the broker's own folder */
const char *ob_secrets_get_data_folder (ObSecrets *secrets);

/* @name: of a destination. @secret: text. What is written replaces the old secret as a whole, and is on the disk when @done is
 * called. To remove what is not there is no error. */
void ob_secrets_read (ObSecrets *secrets, const char *name, ObSecretsRead done, gpointer user_data);
void ob_secrets_write (ObSecrets *secrets, const char *name, const char *secret, ObSecretsDone done,
                       gpointer user_data);
void ob_secrets_remove (ObSecrets *secrets, const char *name, ObSecretsDone done, gpointer user_data);

G_END_DECLS
