/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the settings of a client. Pure.
 */
#include "transfer/oauth-client.h"

#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "transfer/oauth.h"

#include <string.h>

#define NAME_MAX_BYTES 1024

static gboolean
set_fault (GError **error, const char *name, const char *sentence)
{
  g_autofree char *shown = ob_text_dup_clean (name, -1, OB_TEXT_SHOWN_CHARS);
  g_autofree char *words = ob_text_dup_filled (sentence, shown, NULL);

  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, words);

  return FALSE;
}

/* RFC 6749 appendices A.1 and A.4: printable ASCII. */
static gboolean
is_printable (const char *text)
{
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isprint (text[i]))
      return FALSE;

  return length > 0 && length <= NAME_MAX_BYTES;
}

static gboolean
read_flow (ObOauthClient *client, const char *value)
{
  static const char *const flows[] = {
    [OB_OAUTH_FLOW_DEVICE] = "device", [OB_OAUTH_FLOW_CODE] = "code", [OB_OAUTH_FLOW_CLIENT] = "client-credentials"
  };

  for (guint i = 0; i < G_N_ELEMENTS (flows); i++)
    if (g_str_equal (flows[i], value))
      {
        client->flow = i;
        return TRUE;
      }

  return FALSE;
}

static gboolean
read_one (ObOauthClient *client, const char *name, const char *value, GError **error)
{
  const struct
  {
    const char *name;
    char **place;
    gboolean is_url;
  } texts[] = {
    { "issuer", &client->issuer, TRUE },         { "token-url", &client->token_url, TRUE },
    { "device-url", &client->device_url, TRUE }, { "authorize-url", &client->authorize_url, TRUE },
    { "client-id", &client->client_id, FALSE },  { "scope", &client->scope, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (g_str_equal (texts[i].name, name))
      {
        if (texts[i].is_url && !ob_oauth_is_endpoint (value))
          return set_fault (error, name, S_ ("The sign-in setting %s is no https URL"));
        if (!texts[i].is_url && !is_printable (value))
          return set_fault (error, name, S_ ("The sign-in setting %s is no text of printable ASCII"));
        g_free (*texts[i].place);
        *texts[i].place = g_strdup (value);
        return TRUE;
      }
  if (g_str_equal (name, "flow"))
    return read_flow (client, value)
           || set_fault (error, name, S_ ("The sign-in setting %s is none of device, code and client-credentials"));
  if (!g_str_equal (name, "client-auth"))
    return set_fault (error, name, S_ ("The sign-in setting %s is not known"));
  client->shows_secret_in_body = g_str_equal (value, "post");

  return client->shows_secret_in_body || g_str_equal (value, "basic")
         || set_fault (error, name, S_ ("The sign-in setting %s is neither basic nor post"));
}

static gboolean
check (const ObOauthClient *client, GError **error)
{
  if (!client->client_id)
    return set_fault (error, "client-id", S_ ("The sign-in setting %s is missing"));
  if (client->issuer)
    return TRUE;
  if (!client->token_url)
    return set_fault (error, "issuer or token-url", S_ ("The sign-in setting %s is missing"));
  if (client->flow == OB_OAUTH_FLOW_DEVICE && !client->device_url)
    return set_fault (error, "device-url", S_ ("The sign-in setting %s is missing"));
  if (client->flow == OB_OAUTH_FLOW_CODE && !client->authorize_url)
    return set_fault (error, "authorize-url", S_ ("The sign-in setting %s is missing"));

  return TRUE;
}

ObOauthClient *
ob_oauth_client_new (GVariant *settings, GError **error)
{
  g_autoptr (ObOauthClient) client = g_new0 (ObOauthClient, 1);
  const char *name, *value;
  GVariantIter iter;

  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    if (!read_one (client, name, value, error))
      return NULL;

  return check (client, error) ? g_steal_pointer (&client) : NULL;
}

ObOauthClient *
ob_oauth_client_copy (const ObOauthClient *client)
{
  ObOauthClient *copy = g_memdup2 (client, sizeof *client);

  copy->issuer = g_strdup (client->issuer);
  copy->token_url = g_strdup (client->token_url);
  copy->device_url = g_strdup (client->device_url);
  copy->authorize_url = g_strdup (client->authorize_url);
  copy->client_id = g_strdup (client->client_id);
  copy->scope = g_strdup (client->scope);

  return copy;
}

void
ob_oauth_client_free (ObOauthClient *client)
{
  g_free (client->issuer);
  g_free (client->token_url);
  g_free (client->device_url);
  g_free (client->authorize_url);
  g_free (client->client_id);
  g_free (client->scope);
  g_free (client);
}
