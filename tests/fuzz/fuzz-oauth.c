/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transfer/oauth: whatever a sign-in server says, a token can be sent, a page can be shown, an endpoint may be told secrets, and
 * where there is none there are words.
 */
#include "fuzz.h"
#include "transfer/oauth.h"

#define ISSUER "https://id.example"

static void
assert_is_refusal (const ObOauthAnswer *answer)
{
  g_assert_cmpint (answer->verdict, !=, OB_OAUTH_GRANTED);
  g_assert_null (answer->access_token);
  g_assert_null (answer->refresh_token);
  g_assert_true (answer->code && g_utf8_validate (answer->code, -1, NULL));
  g_assert_true (answer->words && g_utf8_validate (answer->words, -1, NULL));
}

static void
read_tokens (guint status, const char *body, gsize size)
{
  g_autoptr (ObOauthAnswer) answer = ob_oauth_read_tokens (status, body, size);

  if (answer->verdict != OB_OAUTH_GRANTED)
    {
      assert_is_refusal (answer);
      return;
    }
  g_assert_cmpuint (status, ==, 200);
  g_assert_true (ob_oauth_is_token (answer->access_token));
  g_assert_true (!answer->refresh_token || ob_oauth_is_token (answer->refresh_token));
  g_assert_cmpint (answer->lifetime_ms, >=, 0);
  g_assert_cmpint (answer->lifetime_ms, <=, OB_OAUTH_LIFETIME_MAX_MS);
}

static void
read_device (guint status, const char *body, gsize size)
{
  g_autoptr (ObOauthAnswer) failure = NULL;
  g_autoptr (ObOauthDevice) device = ob_oauth_read_device (status, body, size, &failure);

  g_assert_true (!device == !!failure);
  if (failure)
    {
      assert_is_refusal (failure);
      return;
    }
  g_assert_true (ob_oauth_is_token (device->device_code));
  g_assert_true (ob_oauth_is_endpoint (device->url));
  g_assert_true (!device->full_url || ob_oauth_is_endpoint (device->full_url));
  for (const char *c = device->user_code; *c; c++)
    g_assert_true (g_ascii_isprint (*c));
  g_assert_cmpint (device->interval_ms, >=, OB_OAUTH_INTERVAL_MIN_MS);
  g_assert_cmpint (device->interval_ms, <=, OB_OAUTH_INTERVAL_MAX_MS);
  g_assert_cmpint (device->lifetime_ms, >, 0);
  g_assert_cmpint (device->lifetime_ms, <=, OB_OAUTH_DEVICE_LIFETIME_MAX_MS);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const guint statuses[] = { 200, 400, 401, 302, 503, 0 };
  const char *body = (const char *) data;
  g_autoptr (ObOauthServer) server = ob_oauth_read_server (ISSUER, 200, body, size);

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      read_tokens (statuses[i], body, size);
      read_device (statuses[i], body, size);
    }
  if (server)
    {
      g_assert_true (g_ascii_strncasecmp (server->token_url, "https:", 6) == 0);
      g_assert_true (ob_oauth_is_endpoint (server->token_url));
      g_assert_true (!server->device_url || ob_oauth_is_endpoint (server->device_url));
      g_assert_true (!server->authorize_url || ob_oauth_is_endpoint (server->authorize_url));
    }

  return 0;
}
