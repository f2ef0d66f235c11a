/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificates by which this device shows to servers who it is, from the files that sign-in.conf names. They are read when they are
 * asked for; once that was so, their folders are watched, and whoever listens is told of a good pair that was put in their place. Main
 * thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObCertificates ObCertificates;

/* What was found. All borrowed. */
typedef struct
{
  GTlsCertificate
      *certificate; /* with its key: the same object as last time, if the files are the same; NULL: it cannot be used */
  const char *words; /* why not, for a person */
  gboolean is_away;  /* the files do not answer now, which says nothing of them */
} ObCertificateFound;

typedef void (*ObCertificatesDone) (const ObCertificateFound *found, gpointer user_data);

/* A pair that can be used lies there now, and is another than was given last. */
typedef void (*ObCertificatesChanged) (const char *destination, gpointer user_data);

/* @paths: of sign-in.conf, of which a later one counts more */
ObCertificates *ob_certificates_new (const char *const *paths, ObCertificatesChanged changed, gpointer user_data);

/* Nobody is answered any more. */
void ob_certificates_free (ObCertificates *certificates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObCertificates, ob_certificates_free)

/**
 * ob_certificates_fetch:
 * @destination: its name, for which nobody waits yet
 *
 * @done is called once, from the main loop. A certificate and a key that do not belong together are read again for some seconds: who
 * renews them replaces one after the other.
 */
void ob_certificates_fetch (ObCertificates *certificates, const char *destination, ObCertificatesDone done,
                            gpointer user_data);

/* The destination shows none any more: its files are not watched, once nobody waits for them. */
void ob_certificates_forget (ObCertificates *certificates, const char *destination);

G_END_DECLS
