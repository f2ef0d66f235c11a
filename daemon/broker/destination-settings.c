/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks settings of a destination and applies them. Pure.
 */
#include "broker/destination-settings.h"

#include "broker/settings.h"
#include "broker/tokens.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/origin.h"
#include "model/sign-in.h"
#include "policy/health.h"

#define URL_MAX_BYTES 2048
#define ALSO_MAX 16
#define HEADERS_MAX_BYTES (16 * 1024)

ObDestinationSettings *
ob_destination_settings_copy (const ObDestinationSettings *settings)
{
  ObDestinationSettings *copy = g_memdup2 (settings, sizeof *settings);

  copy->protocol = g_strdup (settings->protocol);
  copy->url = g_strdup (settings->url);
  copy->confirm_url = g_strdup (settings->confirm_url);
  copy->amend_url = g_strdup (settings->amend_url);
  copy->also = (const char *const *) g_strdupv ((GStrv) settings->also);
  copy->headers = settings->headers ? g_variant_ref (settings->headers) : NULL;
  copy->sign_in = settings->sign_in ? g_variant_ref (settings->sign_in) : NULL;

  return copy;
}

void
ob_destination_settings_free (ObDestinationSettings *settings)
{
  g_free ((char *) settings->protocol);
  g_free ((char *) settings->url);
  g_free ((char *) settings->confirm_url);
  g_free ((char *) settings->amend_url);
  g_strfreev ((GStrv) settings->also);
  g_clear_pointer (&settings->headers, g_variant_unref);
  g_clear_pointer (&settings->sign_in, g_variant_unref);
  g_free (settings);
}

static gboolean
invalid (GError **error, const char *what)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s", what);

  return FALSE;
}

static gboolean
is_url (const char *url)
{
  return strlen (url) <= URL_MAX_BYTES && ob_destination_is_url (url);
}

/* @url: (nullable): one with places, or empty for none any more */
static gboolean
is_template (const char *url)
{
  return !url || *url == '\0' || (strlen (url) <= URL_MAX_BYTES && ob_settings_is_template (url));
}

static gboolean
check_addresses (const ObDestinationSettings *settings, const ObDestination *old, GError **error)
{
  if (settings->url ? !is_url (settings->url) : !old)
    return invalid (error, S_ ("url: an http or https URL of at most 2048 bytes"));
  if (!ob_settings_check_protocol (old, settings->protocol, settings->url, error))
    return FALSE;
  if (!is_template (settings->confirm_url))
    return invalid (error, S_ ("confirm_url: an http or https URL, with {id}, {group} and {sha256} where they belong"));
  if (!is_template (settings->amend_url))
    return invalid (error, S_ ("amend_url: an http or https URL, with {id}, {group} and {sha256} where they belong"));

  return TRUE;
}

/* Without a confirm URL nobody could ever say that a file is attached, and each upload would wait for it for ever. */
static gboolean
check_receipt (const ObDestinationSettings *settings, const ObDestination *old, GError **error)
{
  OutboxRung rung = settings->receipt ? outbox_rung_from_name (settings->receipt)
                    : old             ? old->receipt
                                      : OUTBOX_RUNG_NONE;
  const char *confirm_url = settings->confirm_url ? settings->confirm_url : old ? old->confirm_url : NULL;

  if (settings->receipt && *settings->receipt && rung == OUTBOX_RUNG_NONE)
    return invalid (error, S_ ("receipt: stored, digest or attached, or empty for what the destination can give"));
  if (rung == OUTBOX_RUNG_ATTACHED && (!confirm_url || !*confirm_url))
    return invalid (error, S_ ("receipt: only a confirm URL can say that a file is attached to its record"));

  return TRUE;
}

static gboolean
check_also (const char *const *also, GError **error)
{
  if (also && g_strv_length ((GStrv) also) > ALSO_MAX)
    return invalid (error, S_ ("also: at most 16 URLs"));
  for (; also && *also; also++)
    if (!is_url (*also) || strchr (*also, ' '))
      return invalid (error, S_ ("also: http or https URLs of at most 2048 bytes"));

  return TRUE;
}

static gboolean
check_headers (GVariant *headers, GError **error)
{
  const char *own;

  if (headers && g_variant_get_size (headers) > HEADERS_MAX_BYTES)
    return invalid (error, "headers: at most 16 KiB in all");
  if (headers && !ob_settings_are_headers (headers))
    return invalid (error, S_ ("headers: a name is a token, and a value one line"));
  own = headers ? ob_settings_find_own_header (headers) : NULL;
  if (!own)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("headers: %s is set by Outbox for each request"),
               own);

  return FALSE;
}

/* Secrets are no settings. */
static gboolean
check_sign_in (GVariant *sign_in, GError **error)
{
  g_autoptr (ObOauthClient) client = NULL;
  const char *kind = NULL;

  if (!sign_in || g_variant_n_children (sign_in) == 0)
    return TRUE;
  (void) g_variant_lookup (sign_in, "kind", "&s", &kind);
  if (g_strcmp0 (kind, OB_SIGN_IN_COMMAND) == 0 && g_variant_n_children (sign_in) == 1)
    return TRUE;
  if (g_strcmp0 (kind, OB_SIGN_IN_OAUTH2) != 0)
    return invalid (error,
                    "sign_in: its kind is oauth2, or command and nothing else; other kinds come with their secret");
  client = ob_tokens_read_client (sign_in, error);

  return client != NULL;
}

gboolean
ob_destination_settings_check_owner (const ObDestination *destination, GError **error)
{
  if (!destination->is_managed)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, S_ ("%s is managed by the administrator"),
               destination->name);

  return FALSE;
}

gboolean
ob_destination_settings_check (const ObDestinationSettings *settings, const char *name, const ObDestination *old,
                               GError **error)
{
  if (!ob_destination_is_name (name))
    return invalid (error, S_ ("name: 1 to 64 letters, digits, '-', '_' and '.'"));

  if (old && !settings->is_administrators && !ob_destination_settings_check_owner (old, error))
    return FALSE;

  return check_addresses (settings, old, error) && check_receipt (settings, old, error)
         && check_also (settings->also, error) && check_headers (settings->headers, error)
         && check_sign_in (settings->sign_in, error);
}

static void
replace (char **field, const char *value)
{
  if (!value)
    return;
  g_free (*field);
  *field = *value ? g_strdup (value) : NULL;
}

/* Secrets are for the origin that they were set for. Returns: whether any were dropped */
static gboolean
drop_secrets (ObDestination *destination, const char *old_url, const ObDestinationSettings *settings)
{
  gboolean has_left = old_url && !ob_origin_is_same (old_url, destination->url);
  gboolean had_sign_in = has_left && ob_destination_has_sign_in (destination);

  if (had_sign_in)
    ob_destination_set_sign_in (destination, NULL);
  if (!has_left || settings->headers || g_variant_n_children (destination->headers) == 0)
    return had_sign_in;
  g_variant_unref (destination->headers);
  destination->headers = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));

  return TRUE;
}

gboolean
ob_destination_settings_apply (const ObDestinationSettings *settings, ObDestination *destination)
{
  g_autofree char *old_url = g_strdup (destination->url);
  gboolean is_bare;

  if (settings->is_administrators)
    destination->is_managed = settings->is_managed;
  replace (&destination->protocol, settings->protocol);
  replace (&destination->url, settings->url);
  replace (&destination->confirm_url, settings->confirm_url);
  replace (&destination->amend_url, settings->amend_url);
  if (settings->receipt)
    destination->receipt = outbox_rung_from_name (settings->receipt);
  if (settings->also)
    {
      g_strfreev (destination->also);
      destination->also = *settings->also ? g_strdupv ((GStrv) settings->also) : NULL;
    }
  if (settings->headers)
    {
      g_variant_unref (destination->headers);
      destination->headers = g_variant_ref (settings->headers);
      /* "No headers" is said of those, too, that are kept as a secret. */
      if (g_variant_n_children (settings->headers) == 0
          && ob_destination_is_sign_in_kind (destination, OB_SIGN_IN_HEADER))
        ob_destination_set_sign_in (destination, NULL);
    }
  if (settings->sets_default)
    destination->is_default = settings->is_default;
  /* With new settings it is tried again at once. */
  ob_health_renew (&destination->health);

  is_bare = drop_secrets (destination, old_url, settings);
  if (settings->sign_in)
    ob_destination_set_sign_in (destination, settings->sign_in);

  return is_bare;
}
