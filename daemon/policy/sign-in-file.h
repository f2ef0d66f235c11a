/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads sign-in.conf, in which the administrator and the person name token commands, and the files of certificates. No interface writes
 * it: whoever can call one must not be able to have a program run, or another file read. Pure.
 *
 *   [depot]
 *   token-command=/usr/bin/gcloud;auth;print-access-token
 *   certificate=/etc/step/depot.crt
 *   key=/etc/step/depot.key
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_SIGN_IN_FILE "sign-in.conf"

/**
 * ob_sign_in_file_find:
 * @texts: (element-type ObFetched): of the files, of which a later one counts more
 * @destination: its name
 *
 * Returns: (transfer full) (nullable): the words of the command; the first is a path. Errors: NotFound: there is none; InvalidArgument,
 *   with the file: one cannot be read, is no key file, or its command is no path.
 */
GStrv ob_sign_in_file_find (GPtrArray *texts, const char *destination, GError **error);

/* The files of a certificate. */
typedef struct
{
  char *certificate; /* its path */
  char *key;         /* of its private key: the same where sign-in.conf names no other */
} ObCertificatePaths;

void ob_certificate_paths_free (ObCertificatePaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObCertificatePaths, ob_certificate_paths_free)

/* As ob_sign_in_file_find(). A file that names a certificate replaces both paths of an earlier one. Returns: (transfer full) (nullable) */
ObCertificatePaths *ob_sign_in_file_find_certificate (GPtrArray *texts, const char *destination, GError **error);

G_END_DECLS
