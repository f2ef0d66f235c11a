/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads secrets when they are asked for, keeps what requests show of them until the sign-in changes, and has whoever asks
 * meanwhile wait. Main thread.
 */
#include "broker/credentials.h"

#include "base/debug.h"
#include "base/secret.h"
#include "base/text.h"
#include "broker/pending.h"
#include "dbus/error.h"
#include "model/origin.h"
#include "store/secret-pipes.h"
#include "transfer/credential.h"

#include <unistd.h>

#define ORIGIN "origin"

struct _ObCredentials
{
  ObQueue *queue; /* borrowed, as are the next two */
  ObDestinationTable *destinations;
  ObSecrets *secrets;
  const ObCredentialsEvents *events;
  gpointer user_data;
  GHashTable *entries;  /* name → Entry */
  ObSecretPipes *pipes; /* NULL: it is over */
  gboolean is_stopped;
};

/* What is known of a destination's sign-in. */
typedef struct
{
  ObCredentials *owner;
  char *name;
  ObCredential *credential; /* NULL: not read yet, or to be read again */
  GPtrArray *waiting;       /* of ObQuestion */
  guint n_signing_in;       /* secrets that are being stored */
  gboolean is_reading;
  gboolean is_stale; /* what is being read was replaced meanwhile */
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_ptr_array_unref (entry->waiting);
  g_clear_pointer (&entry->credential, ob_credential_unref);
  g_free (entry->name);
  g_free (entry);
}

static Entry *
get_entry (ObCredentials *self, const char *name)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);

  if (entry)
    return entry;
  entry = g_new0 (Entry, 1);
  entry->owner = self;
  entry->name = g_strdup (name);
  entry->waiting = g_ptr_array_new ();
  g_hash_table_insert (self->entries, entry->name, entry);

  return entry;
}

/* What was read of it is read again when it is asked for. */
static void
forget (ObCredentials *self, const char *name)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);

  if (!entry)
    return;
  g_clear_pointer (&entry->credential, ob_credential_unref);
  entry->is_stale = entry->is_reading;
}

ObCredentials *
ob_credentials_new (ObQueue *queue, ObDestinationTable *destinations, ObSecrets *secrets,
                    const ObCredentialsEvents *events, gpointer user_data)
{
  ObCredentials *self = g_new0 (ObCredentials, 1);

  self->queue = queue;
  self->destinations = destinations;
  self->secrets = secrets;
  self->events = events;
  self->user_data = user_data;
  self->pipes = ob_secret_pipes_new (OB_SECRET_PIPES_MS);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);

  return self;
}

void
ob_credentials_free (ObCredentials *self)
{
  ob_credentials_stop (self);
  g_hash_table_unref (self->entries);
  g_free (self);
}

/* --- The checkpoint --- */

/* Returns: (transfer full): what an attempt gets while there is a sign-in, and nothing of it can be had */
static ObCredential *
make_trouble (const GError *error)
{
  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    return ob_credential_new_trouble (OB_VERDICT_SIGN_IN, OUTBOX_REASON_NONE, "no-secret",
                                      "The secret of this sign-in is not on this device any more: sign in again");

  return ob_credential_new_trouble (OB_VERDICT_RETRY, OUTBOX_REASON_NONE, "secret", error->message);
}

/* Answers one question. The destination may have moved since the attempt began. */
static void
answer (const Entry *entry, const char *url, ObQuestion *question)
{
  const ObDestination *destination = ob_destination_table_find (entry->owner->destinations, entry->name);

  if (!destination || !ob_origin_is_same (destination->url, url))
    ob_question_answer (question, FALSE);
  else
    ob_question_give (question, ob_credential_ref (entry->credential));
}

typedef struct
{
  char *url;
  ObQuestion *question;
} Waiting;

static void
answer_all (Entry *entry)
{
  while (entry->waiting->len > 0)
    {
      Waiting *waiting = g_ptr_array_steal_index (entry->waiting, 0);

      if (entry->credential)
        answer (entry, waiting->url, waiting->question);
      else
        ob_question_answer (waiting->question, FALSE);
      g_free (waiting->url);
      g_free (waiting);
    }
}

static void start_reading (Entry *entry);

/* Returns: (transfer full): what requests show by that secret, at the destination's origin */
static ObCredential *
make_credential (Entry *entry, const char *secret)
{
  const ObDestination *destination = ob_destination_table_find (entry->owner->destinations, entry->name);
  g_autoptr (ObSignIn) sign_in = ob_sign_in_parse (secret);
  const char *origin = sign_in ? ob_sign_in_get (sign_in, ORIGIN) : NULL;
  g_autoptr (GError) error = NULL;

  if (destination && origin && ob_origin_is_same (origin, destination->url))
    return ob_credential_new_from_sign_in (sign_in);
  g_set_error_literal (&error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, "The secret is for another server");

  return make_trouble (error);
}

static void
on_read (const char *secret, const GError *error, gpointer user_data)
{
  Entry *entry = user_data;

  entry->is_reading = FALSE;
  if (entry->is_stale && !entry->owner->is_stopped)
    {
      start_reading (entry);
      return;
    }
  entry->credential = secret ? make_credential (entry, secret) : make_trouble (error);
  ob_debug (OB_DEBUG_RUNS, entry->name, "the secret of the sign-in was %s", secret ? "read" : "not to be had");
  answer_all (entry);
  /* Trouble is for those who waited: the next one asks again. */
  if (!secret)
    g_clear_pointer (&entry->credential, ob_credential_unref);
}

static void
start_reading (Entry *entry)
{
  entry->is_stale = FALSE;
  entry->is_reading = TRUE;
  ob_secrets_read (entry->owner->secrets, entry->name, on_read, entry);
}

static void
wait_for_secret (Entry *entry, const char *url, ObQuestion *question)
{
  Waiting *waiting = g_new (Waiting, 1);

  *waiting = (Waiting){ g_strdup (url), question };
  g_ptr_array_add (entry->waiting, waiting);
  if (!entry->is_reading)
    start_reading (entry);
}

void
ob_credentials_answer (ObCredentials *self, const char *name, const char *url, ObQuestion *question)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);
  Entry *entry;

  if (self->is_stopped || !destination)
    {
      ob_question_answer (question, FALSE);
      return;
    }
  if (!ob_destination_has_sign_in (destination))
    {
      ob_question_give (question, ob_credential_new ());
      return;
    }
  entry = get_entry (self, name);
  if (entry->credential && !entry->is_reading)
    answer (entry, url, question);
  else
    wait_for_secret (entry, url, question);
}

void
ob_credentials_stop (ObCredentials *self)
{
  GHashTableIter iter;
  gpointer entry;

  self->is_stopped = TRUE;
  g_clear_pointer (&self->pipes, ob_secret_pipes_free);
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    {
      forget (self, ((const Entry *) entry)->name);
      answer_all (entry);
    }
}

/* --- Signing in --- */

typedef struct
{
  ObCredentials *owner;
  char *name;
  GVariant *shown; /* a{ss} */
  ObQueueDone done;
  gpointer user_data;
} SigningIn;

static gboolean
record_sign_in (gpointer user_data, GError **error)
{
  const SigningIn *signing_in = user_data;
  ObCredentials *self = signing_in->owner;

  return ob_destination_table_sign_in (self->destinations, signing_in->name, signing_in->shown, error)
         && self->events->signed_in (signing_in->name, error, self->user_data);
}

static void
on_written (const GError *error, gpointer user_data)
{
  g_autofree SigningIn *signing_in = user_data;
  ObCredentials *self = signing_in->owner;

  get_entry (self, signing_in->name)->n_signing_in--;
  forget (self, signing_in->name);
  if (error)
    signing_in->done (error, signing_in->user_data);
  else
    ob_queue_command (self->queue, record_sign_in, signing_in, signing_in->done, signing_in->user_data);
  g_variant_unref (signing_in->shown);
  g_free (signing_in->name);
}

void
ob_credentials_sign_in (ObCredentials *self, const char *name, ObSignIn *given, ObQueueDone done, gpointer user_data)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);
  g_autoptr (ObSignIn) sign_in = given;
  g_autofree char *origin = destination ? ob_origin_dup (destination->url) : NULL;
  g_autoptr (GError) error = NULL;
  SigningIn *signing_in;
  char *secret;

  if (!origin)
    {
      ob_text_set_not_found (&error, "destination", name);
      done (error, user_data);
      return;
    }
  ob_sign_in_set (sign_in, ORIGIN, origin);
  signing_in = g_new (SigningIn, 1);
  *signing_in = (SigningIn){ self, g_strdup (name), ob_sign_in_dup_shown (sign_in), done, user_data };
  get_entry (self, name)->n_signing_in++;
  secret = ob_sign_in_write (sign_in);
  ob_secrets_write (self->secrets, name, secret, on_written, signing_in);
  ob_secret_free (secret);
}

/* A secret on its way in. */
typedef struct
{
  ObCredentials *owner;
  char *name;
  ObQueueDone done;
  gpointer user_data;
} Reading;

static void
on_secret (const char *bytes, gsize size_bytes, const GError *read_error, gpointer user_data)
{
  g_autofree Reading *reading = user_data;
  g_autofree char *name = reading->name;
  g_autoptr (GError) error = NULL;
  ObSignIn *sign_in = bytes ? ob_sign_in_read (bytes, size_bytes, &error) : NULL;

  if (sign_in)
    ob_credentials_sign_in (reading->owner, name, sign_in, reading->done, reading->user_data);
  else
    reading->done (error ? error : read_error, reading->user_data);
}

void
ob_credentials_read (ObCredentials *self, const char *name, int fd, ObQueueDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Reading *reading;

  if (!self->pipes)
    {
      (void) close (fd);
      error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, "Outbox is ending; try again");
      done (error, user_data);
      return;
    }
  reading = g_new (Reading, 1);
  *reading = (Reading){ self, g_strdup (name), done, user_data };
  ob_secret_pipes_read (self->pipes, fd, on_secret, reading);
}

/* --- Forgetting --- */

static void
on_removed (const GError *error, gpointer user_data)
{
  if (error)
    g_warning ("The secret of a destination that is gone could not be removed: %s", error->message);
}

static void
on_forgotten (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObCredentials *self = pending->owner;
  const ObDestination *destination = ob_destination_table_find (self->destinations, pending->id);

  if (error || (destination && ob_destination_has_sign_in (destination))
      || get_entry (self, pending->id)->n_signing_in > 0)
    return;
  forget (self, pending->id);
  ob_secrets_remove (self->secrets, pending->id, on_removed, NULL);
}

void
ob_credentials_forget_after (ObCredentials *self, const char *name)
{
  ob_queue_after (self->queue, on_forgotten, ob_pending_new (self, name));
}

/* After a rollback, a row may have another sign-in than was thought. */
static gboolean
load (gpointer member, GError **error)
{
  ObCredentials *self = member;
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    forget (self, name);

  return TRUE;
}

const ObMember ob_credentials_member = { .load = load };
