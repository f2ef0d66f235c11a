/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Credentials as counted records. Any thread.
 */
#include "transfer/credential.h"

#include "base/secret.h"

#include <string.h>
#include <time.h>

/* A token is replaced so long before its end, or a tenth of its life if that is less. */
#define DUE_BEFORE_MS 30000

/* Files on a network folder change without a word. */
#define CERTIFICATE_MS 60000

struct _ObCredential
{
  GPtrArray *names;  /* of headers */
  GPtrArray *values; /* theirs */
  GPtrArray *hidden;
  GTlsCertificate *certificate; /* NULL: none */
  ObVerdict verdict;            /* of trouble, as are the next three */
  OutboxReason reason;
  gboolean is_renewable;
  gint64 due_ms; /* since the device was started; 0: never, as is the next */
  gint64 over_ms;
  gint64 retry_after_ms; /* of trouble; -1: nobody said so */
  char *code;            /* NULL: there is none */
  char *message;
};

ObCredential *
ob_credential_new (void)
{
  ObCredential *self = g_atomic_rc_box_new0 (ObCredential);

  self->retry_after_ms = -1;
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->values = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_secret_free);
  self->hidden = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_secret_free);

  return self;
}

ObCredential *
ob_credential_new_trouble (ObVerdict verdict, OutboxReason reason, const char *code, const char *message)
{
  ObCredential *self = ob_credential_new ();

  self->verdict = verdict;
  self->reason = reason;
  self->code = g_strdup (code);
  self->message = g_strdup (message);

  return self;
}

void
ob_credential_set_retry_after (ObCredential *self, gint64 retry_after_ms)
{
  self->retry_after_ms = retry_after_ms;
}

gint64
ob_credential_get_retry_after (const ObCredential *self)
{
  return self->retry_after_ms;
}

ObCredential *
ob_credential_ref (ObCredential *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  ObCredential *self = data;

  g_ptr_array_unref (self->names);
  g_ptr_array_unref (self->values);
  g_ptr_array_unref (self->hidden);
  g_clear_object (&self->certificate);
  g_free (self->code);
  g_free (self->message);
}

void
ob_credential_unref (ObCredential *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

void
ob_credential_add_header (ObCredential *self, const char *name, const char *value)
{
  g_ptr_array_add (self->names, g_strdup (name));
  g_ptr_array_add (self->values, g_strdup (value));
}

void
ob_credential_hide (ObCredential *self, const char *text)
{
  g_ptr_array_add (self->hidden, g_strdup (text));
}

/* --- Of a sign-in --- */

/* @scheme: such as "Bearer " */
static void
add_authorization (ObCredential *self, const char *scheme, const char *token)
{
  char *value = g_strconcat (scheme, token, NULL);

  ob_credential_add_header (self, "Authorization", value);
  ob_secret_free (value);
}

/* Sleep counts, and nobody can set it. */
static gint64
get_boot_ms (void)
{
  struct timespec now;

  (void) clock_gettime (CLOCK_BOOTTIME, &now);

  return (gint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

ObCredential *
ob_credential_new_token (const char *token, gint64 lifetime_ms)
{
  ObCredential *self = ob_credential_new ();

  add_authorization (self, "Bearer ", token);
  self->is_renewable = TRUE;
  if (lifetime_ms > 0)
    {
      self->over_ms = get_boot_ms () + lifetime_ms;
      self->due_ms = self->over_ms - MIN (lifetime_ms / 10, DUE_BEFORE_MS);
    }

  return self;
}

gboolean
ob_credential_is_renewable (const ObCredential *self)
{
  return self->is_renewable;
}

gboolean
ob_credential_is_due (const ObCredential *self)
{
  return self->due_ms > 0 && get_boot_ms () >= self->due_ms;
}

gboolean
ob_credential_is_over (const ObCredential *self)
{
  return self->over_ms > 0 && get_boot_ms () >= self->over_ms;
}

void
ob_credential_set_certificate (ObCredential *self, GTlsCertificate *certificate)
{
  gint64 due_ms = get_boot_ms () + CERTIFICATE_MS;

  g_set_object (&self->certificate, certificate);
  self->is_renewable = TRUE;
  self->due_ms = self->due_ms > 0 ? MIN (self->due_ms, due_ms) : due_ms;
}

GTlsCertificate *
ob_credential_get_certificate (const ObCredential *self)
{
  return self->certificate;
}

static void
add_basic (ObCredential *self, const char *username, const char *password)
{
  char *pair = g_strconcat (username, ":", password, NULL);
  char *encoded = g_base64_encode ((const guint8 *) pair, strlen (pair));

  add_authorization (self, "Basic ", encoded);
  ob_secret_free (encoded);
  ob_secret_free (pair);
}

static void
add_each (const char *name, const char *value, gpointer user_data)
{
  if (g_str_has_prefix (name, OB_SIGN_IN_HEADER_PREFIX))
    ob_credential_add_header (user_data, name + strlen (OB_SIGN_IN_HEADER_PREFIX), value);
}

ObCredential *
ob_credential_new_from_sign_in (const ObSignIn *sign_in)
{
  ObCredential *self = ob_credential_new ();
  const char *kind = ob_sign_in_get_kind (sign_in);
  const char *token = ob_sign_in_get (sign_in, "token");
  const char *username = ob_sign_in_get (sign_in, "username");
  const char *password = ob_sign_in_get (sign_in, "password");

  if (username)
    ob_credential_hide (self, username);
  if (password)
    ob_credential_hide (self, password);
  if ((g_str_equal (kind, OB_SIGN_IN_BEARER) || g_str_equal (kind, OB_SIGN_IN_OAUTH2)) && token)
    add_authorization (self, "Bearer ", token);
  else if (g_str_equal (kind, OB_SIGN_IN_BASIC) && username && password)
    add_basic (self, username, password);
  else if (g_str_equal (kind, OB_SIGN_IN_HEADER))
    ob_sign_in_foreach (sign_in, add_each, self);

  return self;
}

/* --- Reading --- */

gboolean
ob_credential_is_empty (const ObCredential *self)
{
  return self->names->len == 0 && !self->certificate;
}

const char *
ob_credential_get_header (const ObCredential *self, guint i, const char **value)
{
  if (i >= self->names->len)
    return NULL;
  *value = self->values->pdata[i];

  return self->names->pdata[i];
}

const char *
ob_credential_get_hidden (const ObCredential *self, guint i)
{
  return i < self->hidden->len ? self->hidden->pdata[i] : NULL;
}

const char *
ob_credential_get_trouble (const ObCredential *self, ObVerdict *verdict, OutboxReason *reason, const char **message)
{
  *verdict = self->verdict;
  *reason = self->reason;
  *message = self->message;

  return self->code;
}
