/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What there is of secrets in a folder of mode 0700 of the broker's own. Main thread.
 *
 *   NAME.secret    the secret of that destination, of mode 0600
 *   NAME.keyring   the id of the keyring's item that has it, or is about to; a file beside it is newer
 *   ID.gone        an item that is to be removed from the keyring when it is open
 *   NAME.old       a secret on its way out: it is overwritten under this name, which is never read
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObSecretFiles ObSecretFiles;

/* @data_folder: the broker's own */
ObSecretFiles *ob_secret_files_new (const char *data_folder);
void ob_secret_files_free (ObSecretFiles *files);

/* Returns: borrowed: the broker's own folder */
const char *ob_secret_files_get_data_folder (ObSecretFiles *files);

/* --- The secret itself --- */

gboolean ob_secret_files_has (ObSecretFiles *files, const char *name);

/* Returns: (transfer full) (nullable): to be freed by ob_secret_free(). Errors: NotFound, Storage. */
char *ob_secret_files_read (ObSecretFiles *files, const char *name, GError **error);

/* Replaces it as a whole; on the disk when it returns. Errors: Storage, DiskFull. */
gboolean ob_secret_files_write (ObSecretFiles *files, const char *name, const char *secret, GError **error);

/* Overwrites it before it is removed, which not every disk obeys. What is not there is no error. Errors: Storage. */
gboolean ob_secret_files_remove (ObSecretFiles *files, const char *name, GError **error);

/* --- Where else it is --- */

/* Returns: (transfer full) (nullable): the id of the keyring's item, a text of ob_id_new() */
char *ob_secret_files_dup_item (ObSecretFiles *files, const char *name);

/* Errors: Storage, DiskFull. */
gboolean ob_secret_files_set_item (ObSecretFiles *files, const char *name, const char *id, GError **error);

/* The destination has no item any more: it is to be removed. Without one, nothing is done. Errors: Storage. */
gboolean ob_secret_files_leave_item (ObSecretFiles *files, const char *name, GError **error);

/* That item is removed. Errors: Storage. */
gboolean ob_secret_files_forget_item (ObSecretFiles *files, const char *id, GError **error);

/* Returns: (transfer full): the names of all secrets that are in the file; of all that have an item; the ids of all items that are to be
 * removed */
GPtrArray *ob_secret_files_list (ObSecretFiles *files);
GPtrArray *ob_secret_files_list_items (ObSecretFiles *files);
GPtrArray *ob_secret_files_list_gone (ObSecretFiles *files);

G_END_DECLS
