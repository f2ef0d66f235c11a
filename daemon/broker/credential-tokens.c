/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The checkpoint of attempts: reads the secret when it is asked for, once for all who wait, and fetches an access token where the sign-in has
 * one. Access tokens are kept in memory alone, and replaced before they end or when they were refused. A new
 * refresh token, of which the server takes no older one any more, is on the disk before anything is done with what came with it.
 * Main thread.
 */
#include "broker/credentials-private.h"

#include "base/crash.h"
#include "base/debug.h"
#include "base/secret.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/origin.h"

/* A sign-in server that was away is asked again after this time. */
#define AWAY_US (10 * G_USEC_PER_SEC)

/* At the end, a sign-in server that was asked has so long. */
#define END_MS 5000

static void start_reading (ObCredentialsEntry *entry);

/* Returns: (transfer full): what attempts get where no token can be had */
static ObCredential *
make_trouble_of_token (const ObOauthAnswer *answer)
{
  gboolean is_away = answer->verdict == OB_OAUTH_AWAY || answer->verdict == OB_OAUTH_PENDING
                     || answer->verdict == OB_OAUTH_SLOW_DOWN;
  ObCredential *trouble = ob_credential_new_trouble (is_away ? OB_VERDICT_RETRY : OB_VERDICT_SIGN_IN,
                                                     OUTBOX_REASON_NONE, answer->code, answer->words);

  if (is_away && answer->retry_after_ms > 0)
    ob_credential_set_retry_after (trouble, answer->retry_after_ms);

  return trouble;
}

/* An old token that the server still takes is better than none while the sign-in server is away. */
static void
end_without (ObCredentialsEntry *entry, const ObOauthAnswer *answer)
{
  ObCredential *old = entry->credential;

  if (answer->verdict == OB_OAUTH_AWAY && old && ob_credential_is_renewable (old) && !ob_credential_is_over (old))
    {
      entry->again_us = g_get_monotonic_time () + MAX (AWAY_US, answer->retry_after_ms * 1000);
      ob_credentials_end_reading (entry, ob_credential_ref (old));
    }
  else
    ob_credentials_end_reading (entry, make_trouble_of_token (answer));
}

/* --- The refresh token --- */

/* A token that waits until its refresh token is kept. */
typedef struct
{
  ObCredentialsEntry *entry;
  ObCredential *credential; /* NULL: of an earlier time, and not to be used any more */
} Keeping;

static void
on_kept (const GError *error, gpointer user_data)
{
  g_autofree Keeping *keeping = user_data;
  ObCredentialsEntry *entry = keeping->entry;
  g_autoptr (ObCredential) credential = keeping->credential;

  if (error)
    {
      ob_credentials_end_reading (entry, ob_credential_new_trouble (OB_VERDICT_RETRY, OUTBOX_REASON_NONE, "secret",
                                                                    error->message));
      return;
    }
  ob_crash_point ("token-stored");
  entry->is_unkept = FALSE;
  g_clear_pointer (&entry->sign_in, ob_sign_in_free);
  if (credential && !entry->is_stale)
    ob_credentials_end_reading (entry, g_steal_pointer (&credential));
  else
    start_reading (entry);
}

/* @credential: (transfer full) (nullable) */
static void
keep (ObCredentialsEntry *entry, ObCredential *credential)
{
  Keeping *keeping = g_new (Keeping, 1);
  char *secret = ob_sign_in_write (entry->sign_in);

  *keeping = (Keeping){ entry, credential };
  ob_secrets_write (entry->owner->secrets, entry->name, secret, on_kept, keeping);
  ob_secret_free (secret);
}

/* --- The access token --- */

/* A person may have signed in anew meanwhile, whose secret must not be replaced by this one's. */
static gboolean
is_replaced (const ObCredentialsEntry *entry)
{
  return entry->n_signing_in > 0 || !entry->sign_in;
}

static void
on_token (const ObOauthAnswer *answer, gpointer user_data)
{
  ObCredentialsEntry *entry = user_data;
  gboolean is_granted = answer->verdict == OB_OAUTH_GRANTED;
  g_autoptr (ObCredential) credential
      = is_granted ? ob_credential_new_token (answer->access_token, answer->lifetime_ms) : NULL;

  if (credential && entry->certificate)
    ob_credential_set_certificate (credential, entry->certificate);
  if (is_granted && answer->refresh_token && !is_replaced (entry))
    {
      ob_crash_point ("token-rotated");
      ob_sign_in_set (entry->sign_in, OB_SIGN_IN_REFRESH_TOKEN, answer->refresh_token);
      entry->is_unkept = TRUE;
      keep (entry, g_steal_pointer (&credential));
      return;
    }
  g_clear_pointer (&entry->sign_in, ob_sign_in_free);
  if (entry->is_stale)
    start_reading (entry);
  else if (is_granted)
    ob_credentials_end_reading (entry, g_steal_pointer (&credential));
  else
    end_without (entry, answer);
}

static void
fetch_token (ObCredentialsEntry *entry, ObSignIn *sign_in)
{
  const ObDestination *destination = ob_destination_table_find (entry->owner->destinations, entry->name);
  g_autoptr (ObOauthAnswer) gone = NULL;

  entry->is_reading = TRUE;
  if (entry->is_unkept)
    {
      keep (entry, NULL);
      return;
    }
  g_clear_pointer (&entry->sign_in, ob_sign_in_free);
  entry->sign_in = sign_in;
  if (destination)
    {
      ob_tokens_fetch (entry->owner->tokens, entry->name, destination->sign_in, sign_in, on_token, entry);
      return;
    }
  gone = ob_oauth_answer_new (OB_OAUTH_AWAY, "no-destination", "The destination is gone");
  end_without (entry, gone);
}

/* --- The secret --- */

/* Returns: (transfer full): what an attempt gets while there is a sign-in, and nothing of it can be had */
static ObCredential *
make_trouble (const GError *error)
{
  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    return ob_credential_new_trouble (OB_VERDICT_SIGN_IN, OUTBOX_REASON_NONE, "no-secret",
                                      S_ ("This device has no secret for this sign-in: sign in"));
  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE))
    return ob_credential_new_trouble (OB_VERDICT_HOLD, OUTBOX_REASON_CREDENTIALS_LOCKED, "keyring", error->message);

  return ob_credential_new_trouble (OB_VERDICT_RETRY, OUTBOX_REASON_NONE, "secret", error->message);
}

/* Returns: (transfer full) (nullable): the sign-in of that secret, if it was made for the destination's origin */
static ObSignIn *
parse_secret (const ObCredentialsEntry *entry, const char *secret)
{
  const ObDestination *destination = ob_destination_table_find (entry->owner->destinations, entry->name);
  g_autoptr (ObSignIn) sign_in = ob_sign_in_parse (secret);
  const char *origin = sign_in ? ob_sign_in_get (sign_in, OB_CREDENTIALS_ORIGIN) : NULL;

  return destination && origin && ob_origin_is_same (origin, destination->url) ? g_steal_pointer (&sign_in) : NULL;
}

static gboolean
has_tokens (const ObSignIn *sign_in)
{
  return (g_str_equal (ob_sign_in_get_kind (sign_in), OB_SIGN_IN_OAUTH2) && !ob_sign_in_get (sign_in, OB_SIGN_IN_TOKEN))
         || g_str_equal (ob_sign_in_get_kind (sign_in), OB_SIGN_IN_COMMAND);
}

/* --- The certificate --- */

/* Returns: (transfer full): what an attempt gets where no certificate can be shown. Files can be replaced without a word to Outbox: one
 * upload looks now and then. */
static ObCredential *
make_trouble_of_files (const ObCertificateFound *found)
{
  return found->is_away
             ? ob_credential_new_trouble (OB_VERDICT_RETRY, OUTBOX_REASON_NONE, "certificate-files", found->words)
             : ob_credential_new_trouble (OB_VERDICT_HOLD, OUTBOX_REASON_SIGN_IN, "certificate-files", found->words);
}

static void
end_certified (ObCredentialsEntry *entry, ObSignIn *sign_in)
{
  ObCredential *credential = ob_credential_new_from_sign_in (sign_in);

  ob_credential_set_certificate (credential, entry->certificate);
  ob_credentials_end_reading (entry, credential);
}

static void
on_certificate (const ObCertificateFound *found, gpointer user_data)
{
  ObCredentialsEntry *entry = user_data;
  g_autoptr (ObSignIn) sign_in = g_steal_pointer (&entry->certified);

  entry->is_reading = FALSE;
  g_set_object (&entry->certificate, found->certificate);
  if (entry->is_stale && !entry->owner->is_stopped)
    start_reading (entry);
  else if (!found->certificate)
    ob_credentials_end_reading (entry, make_trouble_of_files (found));
  else if (has_tokens (sign_in) && !entry->owner->is_stopped)
    fetch_token (entry, g_steal_pointer (&sign_in));
  else
    end_certified (entry, sign_in);
}

static void
read_certificate (ObCredentialsEntry *entry, ObSignIn *sign_in)
{
  entry->is_reading = TRUE;
  entry->certified = sign_in;
  ob_certificates_fetch (entry->owner->certificates, entry->name, on_certificate, entry);
}

/* --- What was read --- */

static void
on_read (const char *secret, const GError *error, gpointer user_data)
{
  ObCredentialsEntry *entry = user_data;
  g_autoptr (ObSignIn) sign_in = secret ? parse_secret (entry, secret) : NULL;
  g_autoptr (GError) foreign = NULL;

  ob_debug (OB_DEBUG_RUNS, entry->name, "the secret of the sign-in was %s", secret ? "read" : "not to be had");
  entry->is_reading = FALSE;
  g_clear_object (&entry->certificate);
  if (entry->is_stale && !entry->owner->is_stopped)
    start_reading (entry);
  else if (sign_in && ob_sign_in_has_certificate (sign_in) && !entry->owner->is_stopped)
    read_certificate (entry, g_steal_pointer (&sign_in));
  else if (sign_in && has_tokens (sign_in) && !entry->owner->is_stopped)
    fetch_token (entry, g_steal_pointer (&sign_in));
  else if (sign_in)
    ob_credentials_end_reading (entry, ob_credential_new_from_sign_in (sign_in));
  else
    {
      if (secret)
        foreign = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, S_ ("The secret is for another server"));
      ob_credentials_end_reading (entry, make_trouble (foreign ? foreign : error));
    }
}

/* A refresh token that could not be stored is not read, but stored. */
static void
start_reading (ObCredentialsEntry *entry)
{
  entry->is_stale = FALSE;
  entry->is_reading = TRUE;
  if (entry->is_unkept)
    fetch_token (entry, NULL);
  else
    ob_secrets_read (entry->owner->secrets, entry->name, on_read, entry);
}

/* --- The checkpoint --- */

static void
wait_for_secret (ObCredentialsEntry *entry, const char *url, ObQuestion *question)
{
  ObCredentialsWaiting *waiting = g_new (ObCredentialsWaiting, 1);

  *waiting = (ObCredentialsWaiting){ g_strdup (url), question };
  g_ptr_array_add (entry->waiting, waiting);
  if (!entry->is_reading)
    start_reading (entry);
}

/* A sign-in server that does not answer is not asked at each request, as long as the old token lives. */
static gboolean
is_good (const ObCredentialsEntry *entry)
{
  return !ob_credential_is_due (entry->credential)
         || (g_get_monotonic_time () < entry->again_us && !ob_credential_is_over (entry->credential));
}

void
ob_credentials_answer (ObCredentials *self, const char *name, const char *url, ObQuestion *question)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);
  ObCredentialsEntry *entry;

  if (self->is_stopped || !destination)
    {
      ob_question_answer (question, FALSE);
      return;
    }
  if (!ob_destination_has_sign_in (destination))
    {
      ob_question_give (question, ob_credentials_make_given (destination));
      return;
    }
  entry = ob_credentials_get_entry (self, name);
  if (entry->credential && !entry->is_reading && is_good (entry))
    ob_credentials_give (entry, url, question);
  else
    wait_for_secret (entry, url, question);
}

/* --- The end --- */

static gboolean
on_late (gpointer is_late)
{
  *(gboolean *) is_late = TRUE;

  return G_SOURCE_REMOVE;
}

void
ob_credentials_end (ObCredentials *self)
{
  gboolean is_late = FALSE;
  guint source = g_timeout_add (END_MS, on_late, &is_late);

  while (!is_late && ob_tokens_count (self->tokens) > 0)
    g_main_context_iteration (NULL, TRUE);
  if (!is_late)
    g_source_remove (source);
}

/* --- What attempts tell --- */

gboolean
ob_credentials_renew (ObCredentials *self, const char *name, const ObCredential *refused)
{
  ObCredentialsEntry *entry = ob_credentials_get_entry (self, name);

  /* Another has been fetched since, or is being fetched. */
  if (entry->is_reading || entry->credential != refused)
    return TRUE;
  if (entry->is_doubted)
    return FALSE;
  ob_debug (OB_DEBUG_RUNS, name, "the token was refused: another is fetched");
  entry->is_doubted = TRUE;
  g_clear_pointer (&entry->credential, ob_credential_unref);

  return TRUE;
}

void
ob_credentials_note_taken (ObCredentials *self, const char *name)
{
  ObCredentialsEntry *entry = g_hash_table_lookup (self->entries, name);

  if (entry)
    entry->is_doubted = FALSE;
}
