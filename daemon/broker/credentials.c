/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of the member, and what it keeps of each destination: what requests show, until the sign-in changes, and who waits for
 * it. Main thread.
 */
#include "broker/credentials-private.h"

#include "base/debug.h"
#include "broker/pending.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/origin.h"
#include "policy/health.h"
#include "store/unit-secrets.h"

static void
entry_free (gpointer data)
{
  ObCredentialsEntry *entry = data;

  g_ptr_array_unref (entry->waiting);
  g_clear_pointer (&entry->credential, ob_credential_unref);
  g_clear_pointer (&entry->sign_in, ob_sign_in_free);
  g_clear_pointer (&entry->certified, ob_sign_in_free);
  g_clear_object (&entry->certificate);
  g_free (entry->name);
  g_free (entry);
}

ObCredentialsEntry *
ob_credentials_get_entry (ObCredentials *self, const char *name)
{
  ObCredentialsEntry *entry = g_hash_table_lookup (self->entries, name);

  if (entry)
    return entry;
  entry = g_new0 (ObCredentialsEntry, 1);
  entry->owner = self;
  entry->name = g_strdup (name);
  entry->waiting = g_ptr_array_new ();
  g_hash_table_insert (self->entries, entry->name, entry);

  return entry;
}

void
ob_credentials_forget (ObCredentials *self, const char *name)
{
  ObCredentialsEntry *entry = g_hash_table_lookup (self->entries, name);

  if (!entry)
    return;
  g_clear_pointer (&entry->credential, ob_credential_unref);
  entry->is_stale = entry->is_reading;
}

/* --- What the unit brings --- */

/* Returns: (transfer full): words go with it, so that it is not silent */
static ObCredential *
refuse_given (const char *words)
{
  g_autofree char *message = g_strdup_printf (S_ ("The credential of the service: %s"), words);

  return ob_credential_new_trouble (OB_VERDICT_SIGN_IN, OUTBOX_REASON_NONE, "credential", message);
}

ObCredential *
ob_credentials_make_given (const ObDestination *destination)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObSignIn) sign_in = NULL;

  if (!ob_unit_secret_exists (destination->name))
    return ob_credential_new ();
  sign_in = ob_unit_secret_read (destination->name, &error);
  if (!sign_in)
    return refuse_given (error->message);
  if (!ob_origin_is_same (ob_sign_in_get (sign_in, OB_SIGN_IN_ORIGIN), destination->url))
    return refuse_given (S_ ("it is for another server"));

  return ob_credential_new_from_sign_in (sign_in);
}

/* Returns: whether such a secret is what its attempts show */
static gboolean
is_given (const ObDestination *destination)
{
  return !ob_destination_has_sign_in (destination) && ob_unit_secret_exists (destination->name);
}

static gboolean
try_given (gpointer user_data, GError **error)
{
  const ObCredentials *self = user_data;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, ob_destination_table_get_all (self->destinations));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObDestination *destination = value;

      if (destination->health.reason != OUTBOX_REASON_SIGN_IN || !is_given (destination))
        continue;
      ob_health_renew (&destination->health);
      if (!ob_destination_table_save (self->destinations, destination, S_ ("the unit brings a credential"), error))
        return FALSE;
    }

  return TRUE;
}

void
ob_credentials_start (ObCredentials *self)
{
  (void) ob_queue_do (self->queue, OB_TURN_SOON, try_given, self, NULL);
}

/* --- The keyring --- */

static gboolean
relieve_locked (gpointer user_data, GError **error)
{
  const ObCredentials *self = user_data;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, ob_destination_table_get_all (self->destinations));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObDestination *destination = value;

      if (destination->health.reason != OUTBOX_REASON_CREDENTIALS_LOCKED)
        continue;
      ob_health_renew (&destination->health);
      if (!ob_destination_table_save (self->destinations, destination, S_ ("the keyring is open"), error))
        return FALSE;
    }

  return TRUE;
}

/* If the disk does not take it, the hold passes with the next try. */
static void
on_opened (gpointer user_data)
{
  ObCredentials *self = user_data;

  (void) ob_queue_do (self->queue, OB_TURN_SOON, relieve_locked, self, NULL);
}

const char *
ob_credentials_get_place (ObCredentials *self, const char *name)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);

  if (destination && is_given (destination))
    return "credential";

  return ob_secrets_get_place (self->secrets, name);
}

/* --- A certificate's files were replaced --- */

static gboolean
record_replaced (gpointer user_data, GError **error)
{
  const ObPending *pending = user_data;
  ObCredentials *self = pending->owner;
  const ObDestination *destination = ob_destination_table_find (self->destinations, pending->id);
  g_autoptr (GVariant) shown = NULL;

  if (!destination || destination->health.reason != OUTBOX_REASON_SIGN_IN || !ob_destination_has_sign_in (destination))
    return TRUE;
  shown = g_variant_ref (destination->sign_in);

  return ob_destination_table_sign_in (self->destinations, pending->id, shown, S_ ("the certificate was replaced"),
                                       error)
         && self->events->signed_in (pending->id, error, self->user_data);
}

static void
on_replaced_recorded (const GError *error, gpointer user_data)
{
  ob_pending_free (user_data);
}

/* As if a person had signed in anew. */
static void
on_certificate_replaced (const char *name, gpointer user_data)
{
  ObCredentials *self = user_data;
  ObPending *pending = ob_pending_new (self, name);

  ob_debug (OB_DEBUG_RUNS, name, "the certificate was replaced");
  ob_credentials_get_entry (self, name)->is_doubted = FALSE;
  ob_credentials_forget (self, name);
  ob_queue_command (self->queue, record_replaced, pending, on_replaced_recorded, pending);
}

/* --- Life --- */

ObCredentials *
ob_credentials_new (ObQueue *queue, ObDestinationTable *destinations, ObSecrets *secrets, ObTokens *tokens,
                    const ObCredentialsEvents *events, gpointer user_data)
{
  ObCredentials *self = g_new0 (ObCredentials, 1);

  self->queue = queue;
  self->destinations = destinations;
  self->secrets = secrets;
  self->tokens = tokens;
  self->events = events;
  self->user_data = user_data;
  self->certificates = ob_certificates_new (ob_tokens_get_paths (tokens), on_certificate_replaced, self);
  self->pipes = ob_secret_pipes_new (OB_SECRET_PIPES_MS);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  ob_secrets_watch (secrets, on_opened, self);

  return self;
}

void
ob_credentials_free (ObCredentials *self)
{
  ob_credentials_stop (self);
  ob_tokens_leave (self->tokens);
  ob_certificates_free (self->certificates);
  g_hash_table_unref (self->entries);
  g_free (self);
}

/* --- Who waits --- */

void
ob_credentials_give (const ObCredentialsEntry *entry, const char *url, ObQuestion *question)
{
  const ObDestination *destination = ob_destination_table_find (entry->owner->destinations, entry->name);

  if (!destination || !ob_origin_is_same (destination->url, url))
    ob_question_answer (question, FALSE);
  else
    ob_question_give (question, ob_credential_ref (entry->credential));
}

static void
answer_all (ObCredentialsEntry *entry)
{
  while (entry->waiting->len > 0)
    {
      ObCredentialsWaiting *waiting = g_ptr_array_steal_index (entry->waiting, 0);

      if (entry->credential)
        ob_credentials_give (entry, waiting->url, waiting->question);
      else
        ob_question_answer (waiting->question, FALSE);
      g_free (waiting->url);
      g_free (waiting);
    }
}

/* Trouble is for those who waited: the next one asks again. */
void
ob_credentials_end_reading (ObCredentialsEntry *entry, ObCredential *credential)
{
  const char *message;
  OutboxReason reason;
  ObVerdict verdict;

  entry->is_reading = FALSE;
  g_clear_pointer (&entry->credential, ob_credential_unref);
  entry->credential = credential;
  answer_all (entry);
  if (ob_credential_get_trouble (credential, &verdict, &reason, &message) && entry->credential == credential)
    g_clear_pointer (&entry->credential, ob_credential_unref);
}

void
ob_credentials_stop (ObCredentials *self)
{
  GHashTableIter iter;
  gpointer entry;

  self->is_stopped = TRUE;
  g_clear_pointer (&self->pipes, ob_secret_pipes_free);
  g_clear_pointer (&self->sign_ins, ob_sign_ins_free);
  ob_secrets_stop (self->secrets);
  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    {
      ob_credentials_forget (self, ((const ObCredentialsEntry *) entry)->name);
      answer_all (entry);
    }
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
      || ob_credentials_get_entry (self, pending->id)->n_signing_in > 0)
    return;
  ob_credentials_forget (self, pending->id);
  ob_certificates_forget (self->certificates, pending->id);
  if (self->sign_ins)
    ob_sign_ins_forget (self->sign_ins, pending->id);
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
    ob_credentials_forget (self, name);

  return TRUE;
}

const ObMember ob_credentials_member = { .load = load };
