/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pair of files for each destination that has asked for one: how it is read, and what was last made of it. Main thread.
 */
#include "broker/certificates.h"

#include "base/debug.h"
#include "broker/fetching.h"
#include "dbus/mark.h"
#include "policy/folder-watch.h"
#include "policy/sign-in-file.h"
#include "transfer/client-certificate.h"

/* The two files change one after the other: what happens in so short a time is one change, and a pair that does not match is read again
 * so often. */
#define SETTLE_MS 300
#define TRIES_MOST 5

#define AWAY S_ ("The files of the certificate do not answer")

struct _ObCertificates
{
  GStrv conf_paths;
  ObCertificatesChanged changed;
  gpointer user_data;
  GHashTable *pairs; /* name of a destination → Pair */
};

typedef struct
{
  ObCertificates *owner;
  char *destination;
  ObCertificatePaths *paths; /* NULL: not known yet */
  ObFolderWatch *watches[2]; /* of the folders of both */
  ObFetching *fetching;      /* NULL: nothing is read now */
  guint source;              /* when to read, or to read again; 0: not so */
  guint n_tries;
  ObCertificatesDone done; /* NULL: nobody waits */
  gpointer user_data;
  char *given;                  /* digest of the pair that was given last; NULL: none, or it could not be used */
  GTlsCertificate *certificate; /* of that */
} Pair;

static void begin (Pair *pair);

static void
stop_watching (Pair *pair)
{
  for (guint i = 0; i < G_N_ELEMENTS (pair->watches); i++)
    g_clear_pointer (&pair->watches[i], ob_folder_watch_free);
  g_clear_pointer (&pair->paths, ob_certificate_paths_free);
}

static void
pair_free (gpointer data)
{
  Pair *pair = data;

  g_clear_handle_id (&pair->source, g_source_remove);
  g_clear_pointer (&pair->fetching, ob_fetching_free);
  stop_watching (pair);
  g_clear_object (&pair->certificate);
  g_free (pair->given);
  g_free (pair->destination);
  g_free (pair);
}

ObCertificates *
ob_certificates_new (const char *const *paths, ObCertificatesChanged changed, gpointer user_data)
{
  ObCertificates *self = g_new0 (ObCertificates, 1);

  self->conf_paths = g_strdupv ((char **) paths);
  self->changed = changed;
  self->user_data = user_data;
  self->pairs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, pair_free);

  return self;
}

void
ob_certificates_free (ObCertificates *self)
{
  g_hash_table_unref (self->pairs);
  g_strfreev (self->conf_paths);
  g_free (self);
}

void
ob_certificates_forget (ObCertificates *self, const char *destination)
{
  const Pair *pair = g_hash_table_lookup (self->pairs, destination);

  if (pair && !pair->done)
    (void) g_hash_table_remove (self->pairs, destination);
}

/* --- The end --- */

/* Nobody may wait for it: then it was read since something has changed. @found: what it is now. @digest: (nullable): of a good pair */
static void
end (Pair *pair, const ObCertificateFound *found, const char *digest)
{
  ObCertificatesDone done = pair->done;
  gboolean is_news = digest && g_strcmp0 (digest, pair->given) != 0;

  pair->n_tries = 0;
  ob_debug (OB_DEBUG_RUNS, pair->destination, "the files of its certificate: %s",
            found->words ? found->words
            : is_news    ? "another pair than before"
                         : "the same pair as before");
  if (!done)
    {
      if (is_news)
        pair->owner->changed (pair->destination, pair->owner->user_data);
      return;
    }
  g_free (pair->given);
  pair->given = g_strdup (digest);
  g_set_object (&pair->certificate, found->certificate);
  pair->done = NULL;
  done (found, pair->user_data);
}

static void
end_with_words (Pair *pair, const char *words, gboolean is_away)
{
  end (pair, &(ObCertificateFound){ NULL, words, is_away }, NULL);
}

static gboolean
on_time_to_begin (gpointer user_data)
{
  Pair *pair = user_data;

  pair->source = 0;
  begin (pair);

  return G_SOURCE_REMOVE;
}

static void
begin_later (Pair *pair)
{
  if (pair->source == 0)
    pair->source = g_timeout_add (SETTLE_MS, on_time_to_begin, pair);
}

/* --- The pair --- */

static char *
dup_digest (const ObFetched *certificate, const ObFetched *key)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (sum, (const guchar *) certificate->text, (gssize) certificate->size_bytes + 1);
  g_checksum_update (sum, (const guchar *) key->text, (gssize) key->size_bytes);

  return g_strdup (g_checksum_get_string (sum));
}

static void
judge (Pair *pair, const ObFetched *certificate, const ObFetched *key)
{
  g_autofree char *digest = dup_digest (certificate, key);
  g_autofree char *words = NULL;
  g_autoptr (GTlsCertificate) tls = NULL;
  ObPair is = ob_client_certificate_read (certificate->text, key->text, g_get_real_time () / G_USEC_PER_SEC,
                                          certificate->path, key->path, &tls, &words);

  if (is == OB_PAIR_MISMATCHED && ++pair->n_tries < TRIES_MOST)
    begin_later (pair);
  else if (is != OB_PAIR_GOOD)
    end_with_words (pair, words, FALSE);
  else
    {
      gboolean is_same = pair->certificate && g_strcmp0 (digest, pair->given) == 0;

      end (pair, &(ObCertificateFound){ is_same ? pair->certificate : tls, NULL, FALSE }, digest);
    }
}

/* A file that is being replaced may be missing for a moment. */
static void
on_pair_read (GPtrArray *files, gpointer user_data)
{
  Pair *pair = user_data;
  const ObFetched *missing = NULL;
  g_autofree char *words = NULL;

  g_clear_pointer (&pair->fetching, ob_fetching_free);
  for (guint i = 0; files && i < files->len && !missing; i++)
    missing = ((const ObFetched *) files->pdata[i])->text ? NULL : files->pdata[i];
  if (!files)
    end_with_words (pair, AWAY, TRUE);
  else if (!missing)
    judge (pair, files->pdata[0], files->pdata[1]);
  else if (++pair->n_tries < TRIES_MOST)
    begin_later (pair);
  else
    {
      words = g_strdup_printf ("%s: %s", missing->path, g_strerror (missing->error));
      end_with_words (pair, words, FALSE);
    }
}

/* --- Where it is --- */

static void
on_folder_changed (gpointer user_data)
{
  begin_later (user_data);
}

/* @paths: (transfer full) */
static void
watch (Pair *pair, ObCertificatePaths *paths)
{
  const char *const files[] = { paths->certificate, paths->key };

  if (pair->paths && g_str_equal (pair->paths->certificate, paths->certificate)
      && g_str_equal (pair->paths->key, paths->key))
    {
      ob_certificate_paths_free (paths);
      return;
    }
  stop_watching (pair);
  pair->paths = paths;
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *folder = g_path_get_dirname (files[i]);

      pair->watches[i] = ob_folder_watch_new (folder, on_folder_changed, pair);
    }
}

static void
on_conf_read (GPtrArray *files, gpointer user_data)
{
  Pair *pair = user_data;
  g_autoptr (GError) error = NULL;
  ObCertificatePaths *paths = files ? ob_sign_in_file_find_certificate (files, pair->destination, &error) : NULL;

  g_clear_pointer (&pair->fetching, ob_fetching_free);
  if (!paths)
    {
      end_with_words (pair, error ? error->message : AWAY, !error);
      return;
    }
  watch (pair, paths);
  pair->fetching
      = ob_fetching_new ((const char *const[]){ pair->paths->certificate, pair->paths->key, NULL }, on_pair_read, pair);
}

static void
begin (Pair *pair)
{
  if (pair->fetching)
    begin_later (pair);
  else
    pair->fetching = ob_fetching_new ((const char *const *) pair->owner->conf_paths, on_conf_read, pair);
}

void
ob_certificates_fetch (ObCertificates *self, const char *destination, ObCertificatesDone done, gpointer user_data)
{
  Pair *pair = g_hash_table_lookup (self->pairs, destination);

  if (!pair)
    {
      pair = g_new0 (Pair, 1);
      pair->owner = self;
      pair->destination = g_strdup (destination);
      g_hash_table_insert (self->pairs, pair->destination, pair);
    }
  pair->done = done;
  pair->user_data = user_data;
  begin (pair);
}
