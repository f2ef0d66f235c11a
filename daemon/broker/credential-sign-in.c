/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signing in: a secret comes in by a pipe, or a person goes to the page of a sign-in server; it is stored, and then everything for
 * the destination goes on. Main thread.
 */
#include "broker/credentials-private.h"

#include "base/secret.h"
#include "base/text.h"
#include "broker/embedded-secrets.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/origin.h"

#include <unistd.h>

typedef struct
{
  ObCredentials *owner;
  char *name;
  GVariant *shown; /* a{ss} */
  ObCredentialsChange change;
  ObQueueDone done;
  gpointer user_data;
} SigningIn;

static gboolean
record_sign_in (gpointer user_data, GError **error)
{
  const SigningIn *signing_in = user_data;
  ObCredentials *self = signing_in->owner;

  return (!signing_in->change.change || signing_in->change.change (signing_in->change.data, error))
         && ob_destination_table_sign_in (self->destinations, signing_in->name, signing_in->shown,
                                          signing_in->change.message, error)
         && self->events->signed_in (signing_in->name, error, self->user_data);
}

static void
on_written (const GError *error, gpointer user_data)
{
  g_autofree SigningIn *signing_in = user_data;
  ObCredentials *self = signing_in->owner;
  ObCredentialsEntry *entry = ob_credentials_get_entry (self, signing_in->name);

  entry->n_signing_in--;
  if (!error)
    {
      g_clear_pointer (&entry->sign_in, ob_sign_in_free);
      entry->is_unkept = entry->is_doubted = FALSE;
      ob_certificates_forget (self->certificates, signing_in->name);
    }
  ob_credentials_forget (self, signing_in->name);
  if (error)
    signing_in->done (error, signing_in->user_data);
  else
    ob_queue_command (self->queue, record_sign_in, signing_in, signing_in->done, signing_in->user_data);
  g_variant_unref (signing_in->shown);
  g_free (signing_in->name);
}

/* Returns: (transfer full): what may be seen of it. The settings of OAuth 2 stay. */
static GVariant *
dup_shown (const ObDestination *destination, const ObSignIn *sign_in)
{
  if (destination && g_str_equal (ob_sign_in_get_kind (sign_in), OB_SIGN_IN_OAUTH2))
    return g_variant_ref (destination->sign_in);

  return ob_sign_in_dup_shown (sign_in);
}

void
ob_credentials_store (ObCredentials *self, const char *name, const char *url, const ObCredentialsChange *change,
                      ObSignIn *given, ObQueueDone done, gpointer user_data)
{
  g_autoptr (ObSignIn) sign_in = given;
  g_autofree char *origin = ob_origin_dup (url);
  SigningIn *signing_in = g_new (SigningIn, 1);
  char *secret;

  ob_sign_in_set (sign_in, OB_CREDENTIALS_ORIGIN, origin);
  *signing_in = (SigningIn){
    self, g_strdup (name), dup_shown (ob_destination_table_find (self->destinations, name), sign_in), *change,
    done, user_data
  };
  ob_credentials_get_entry (self, name)->n_signing_in++;
  secret = ob_sign_in_write (sign_in);
  ob_secrets_write (self->secrets, name, secret, on_written, signing_in);
  ob_secret_free (secret);
}

void
ob_credentials_sign_in (ObCredentials *self, const char *name, ObSignIn *sign_in, ObQueueDone done, gpointer user_data)
{
  const ObCredentialsChange change = { NULL, NULL, S_ ("signed in") };
  g_autoptr (GError) error = NULL;
  const ObDestination *destination = ob_destination_table_demand (self->destinations, name, &error);

  if (destination)
    {
      ob_credentials_store (self, name, destination->url, &change, sign_in, done, user_data);
      return;
    }
  ob_sign_in_free (sign_in);
  done (error, user_data);
}

typedef struct
{
  ObCredentials *owner;
  const char *name;
} SigningOut;

static gboolean
record_sign_out (gpointer user_data, GError **error)
{
  const SigningOut *signing_out = user_data;

  return ob_destination_table_sign_in (signing_out->owner->destinations, signing_out->name, NULL, S_ ("signed out"),
                                       error);
}

void
ob_credentials_sign_out (ObCredentials *self, const char *name, ObQueueDone done, gpointer user_data)
{
  const char *place = ob_credentials_get_place (self, name);
  SigningOut signing_out = { self, name };

  if (g_strcmp0 (place, "credential") == 0)
    {
      g_autoptr (GError) error
          = g_error_new (OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE,
                         S_ ("Its secret is a credential of the service, outbox.%s: its unit alone can take that away"),
                         name);

      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, record_sign_out, &signing_out, done, user_data);
}

/* --- Settings with secrets in them --- */

typedef struct
{
  ObCredentials *owner;
  char *name;
  ObDestinationSettings *settings; /* owned, without secrets */
  ObQueueDone done;
  gpointer user_data;
} Setting;

static gboolean
apply_settings (gpointer user_data, GError **error)
{
  const Setting *setting = user_data;

  return ob_destination_table_apply (setting->owner->destinations, setting->name, setting->settings, error);
}

static void
on_set (const GError *error, gpointer user_data)
{
  g_autofree Setting *setting = user_data;

  setting->done (error, setting->user_data);
  ob_destination_settings_free (setting->settings);
  g_free (setting->name);
}

void
ob_credentials_set (ObCredentials *self, const char *name, const ObDestinationSettings *settings, ObQueueDone done,
                    gpointer user_data)
{
  const ObDestination *old = ob_destination_table_find (self->destinations, name);
  g_autoptr (ObDestinationSettings) plain = ob_destination_settings_copy (settings);
  g_autoptr (ObSignIn) sign_in = NULL;
  g_autoptr (GError) error = NULL;
  Setting *setting;

  if (!ob_destination_settings_check (settings, name, old, &error))
    {
      done (error, user_data);
      return;
    }
  /* The page that is open is of the old client. */
  if (self->sign_ins && settings->sign_in)
    ob_sign_ins_forget (self->sign_ins, name);
  sign_in = ob_embedded_secrets_take_from_settings (plain);
  if (!sign_in)
    {
      ob_destination_table_set (self->destinations, name, plain, done, user_data);
      return;
    }
  setting = g_new (Setting, 1);
  *setting = (Setting){ self, g_strdup (name), g_steal_pointer (&plain), done, user_data };
  ob_credentials_store (self, name, setting->settings->url ? setting->settings->url : old->url,
                        &(ObCredentialsChange){ apply_settings, setting, S_ ("signed in") }, g_steal_pointer (&sign_in),
                        on_set, setting);
}

/* --- At the page of a sign-in server --- */

/* Returns: (transfer full) (nullable): how this device is known to the sign-in server of a destination whose kind is OAuth 2 */
static ObOauthClient *
find_client (ObCredentials *self, const char *name, GError **error)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);

  if (destination && ob_destination_is_sign_in_kind (destination, OB_SIGN_IN_OAUTH2))
    return ob_tokens_read_client (destination->sign_in, error);
  if (destination)
    g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                         S_ ("This destination has no settings for OAuth 2"));
  else
    ob_text_set_not_found (error, S_ ("There is no destination %s"), name);

  return NULL;
}

/* What is kept of tokens: a refresh token; or, where the server gives none, a token that lasts. Returns: (transfer full) (nullable) */
static ObSignIn *
make_sign_in (const ObOauthAnswer *tokens, const ObOauthClient *client, const char *client_secret, GError **error)
{
  g_autoptr (ObSignIn) sign_in = ob_sign_in_new (OB_SIGN_IN_OAUTH2);
  g_autofree char *address = ob_tokens_dup_address (client);

  ob_sign_in_set (sign_in, OB_TOKENS_ADDRESS, address);
  ob_sign_in_set (sign_in, OB_SIGN_IN_CLIENT_SECRET, client_secret);
  ob_sign_in_set (sign_in, OB_SIGN_IN_REFRESH_TOKEN, tokens ? tokens->refresh_token : NULL);
  if (!tokens || tokens->refresh_token)
    return g_steal_pointer (&sign_in);
  if (tokens->lifetime_ms > 0)
    {
      g_set_error_literal (
          error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED,
          S_ ("The sign-in server gives no token that lasts (its scope is often called offline_access)"));
      return NULL;
    }
  ob_sign_in_set (sign_in, OB_SIGN_IN_TOKEN, tokens->access_token);

  return g_steal_pointer (&sign_in);
}

static void
on_page_signed_in (const char *name, const ObOauthClient *client, const char *client_secret,
                   const ObOauthAnswer *tokens, ObQueueDone done, gpointer done_data, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  ObSignIn *sign_in = make_sign_in (tokens, client, client_secret, &error);

  if (sign_in)
    ob_credentials_sign_in (user_data, name, sign_in, done, done_data);
  else
    done (error, done_data);
}

static void
on_page_changed (const char *name, gpointer user_data)
{
  ObCredentials *self = user_data;

  ob_queue_touch_holds (self->queue);
}

static const ObSignInsEvents sign_ins_events = { on_page_signed_in, on_page_changed };

gboolean
ob_credentials_look (ObCredentials *self, const char *name, ObSignInView *view)
{
  return self->sign_ins && ob_sign_ins_look (self->sign_ins, name, view);
}

/* @client_secret: (nullable). A client that signs in by itself needs no page. */
static void
begin (ObCredentials *self, const char *name, const char *client_secret, ObQueueDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObOauthClient) client = find_client (self, name, &error);

  if (client && client->flow == OB_OAUTH_FLOW_CLIENT && !client_secret)
    g_set_error_literal (&error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                         S_ ("This client signs in by its own secret: hand over client_secret"));
  if (error)
    done (error, user_data);
  else if (client->flow == OB_OAUTH_FLOW_CLIENT)
    ob_credentials_sign_in (self, name, make_sign_in (NULL, client, client_secret, NULL), done, user_data);
  else
    {
      if (!self->sign_ins)
        self->sign_ins = ob_sign_ins_new (self->tokens, &sign_ins_events, self);
      ob_sign_ins_begin (self->sign_ins, name, client, client_secret, done, user_data);
    }
}

/* --- By a pipe --- */

/* A secret on its way in. */
typedef struct
{
  ObCredentials *owner;
  char *name;
  ObQueueDone done;
  gpointer user_data;
} Reading;

static gboolean
is_empty (const char *bytes, gsize size_bytes)
{
  while (size_bytes > 0 && g_ascii_isspace (bytes[size_bytes - 1]))
    size_bytes--;

  return size_bytes == 0;
}

/* Nothing is what a person hands over who wants to be shown the page. */
static void
on_secret (const char *bytes, gsize size_bytes, const GError *read_error, gpointer user_data)
{
  g_autofree Reading *reading = user_data;
  g_autofree char *name = reading->name;
  ObCredentials *self = reading->owner;
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);
  gboolean is_oauth = destination && ob_destination_is_sign_in_kind (destination, OB_SIGN_IN_OAUTH2);
  g_autoptr (GError) error = NULL;
  g_autoptr (ObSignIn) sign_in = NULL;

  if (bytes && is_oauth && is_empty (bytes, size_bytes))
    {
      begin (self, name, NULL, reading->done, reading->user_data);
      return;
    }
  sign_in = bytes ? ob_sign_in_read (bytes, size_bytes, &error) : NULL;
  if (!sign_in)
    reading->done (error ? error : read_error, reading->user_data);
  else if (g_str_equal (ob_sign_in_get_kind (sign_in), OB_SIGN_IN_OAUTH2))
    begin (self, name, ob_sign_in_get (sign_in, OB_SIGN_IN_CLIENT_SECRET), reading->done, reading->user_data);
  else
    ob_credentials_sign_in (self, name, g_steal_pointer (&sign_in), reading->done, reading->user_data);
}

void
ob_credentials_read (ObCredentials *self, const char *name, int fd, ObQueueDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Reading *reading;

  if (!self->pipes)
    {
      (void) close (fd);
      error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("Outbox is ending; try again"));
      done (error, user_data);
      return;
    }
  reading = g_new (Reading, 1);
  *reading = (Reading){ self, g_strdup (name), done, user_data };
  ob_secret_pipes_read (self->pipes, fd, on_secret, reading);
}
