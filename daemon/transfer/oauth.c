/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads what an OAuth 2 server says. Each byte of it may be a portal's, a proxy's, or a hostile server's. Pure.
 */
#include "transfer/oauth.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "dbus/mark.h"
#include "model/destination.h"
#include "model/origin.h"
#include "transfer/words.h"

#include <libsoup/soup.h>
#include <string.h>

/* A person types it. */
#define USER_CODE_MAX_BYTES 64
#define URL_MAX_BYTES 2048
#define WORDS_MAX_CHARS 300
#define CODE_MAX_CHARS 64

#define BAD_ANSWER "bad-answer"

/* The words of RFC 6749 section 5.2, RFC 8628 section 3.5 and OpenID Connect Core section 3.1.2.6. A word that is not here says that
 * something is not as it should be with this client, and its person is shown the server's words. */
static const struct
{
  const char *code;
  ObOauthVerdict verdict;
} codes[] = {
  { "authorization_pending", OB_OAUTH_PENDING },
  { "slow_down", OB_OAUTH_SLOW_DOWN },
  { "invalid_grant", OB_OAUTH_ENDED },
  { "access_denied", OB_OAUTH_ENDED },
  { "expired_token", OB_OAUTH_ENDED },
  { "interaction_required", OB_OAUTH_ENDED },
  { "login_required", OB_OAUTH_ENDED },
  { "consent_required", OB_OAUTH_ENDED },
  { "server_error", OB_OAUTH_AWAY },
  { "temporarily_unavailable", OB_OAUTH_AWAY },
};

ObOauthAnswer *
ob_oauth_answer_new (ObOauthVerdict verdict, const char *code, const char *words)
{
  ObOauthAnswer *answer = g_new0 (ObOauthAnswer, 1);

  answer->verdict = verdict;
  answer->code = g_strdup (code);
  answer->words = g_strdup (words);

  return answer;
}

void
ob_oauth_answer_free (ObOauthAnswer *answer)
{
  ob_secret_free (answer->access_token);
  ob_secret_free (answer->refresh_token);
  g_free (answer->code);
  g_free (answer->words);
  g_free (answer);
}

void
ob_oauth_device_free (ObOauthDevice *device)
{
  ob_secret_free (device->device_code);
  g_free (device->user_code);
  g_free (device->url);
  g_free (device->full_url);
  g_free (device);
}

ObOauthServer *
ob_oauth_server_copy (const ObOauthServer *server)
{
  ObOauthServer *copy = g_new0 (ObOauthServer, 1);

  copy->token_url = g_strdup (server->token_url);
  copy->device_url = g_strdup (server->device_url);
  copy->authorize_url = g_strdup (server->authorize_url);

  return copy;
}

void
ob_oauth_server_free (ObOauthServer *server)
{
  g_free (server->token_url);
  g_free (server->device_url);
  g_free (server->authorize_url);
  g_free (server);
}

gboolean
ob_oauth_is_token (const char *text)
{
  gsize length = 0;

  while (length <= OB_OAUTH_TOKEN_MAX_BYTES && g_ascii_isgraph (text[length]))
    length++;

  return length > 0 && length <= OB_OAUTH_TOKEN_MAX_BYTES && text[length] == '\0';
}

static gboolean
is_this_device (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return address ? g_inet_address_get_is_loopback (address) : g_ascii_strcasecmp (host, "localhost") == 0;
}

gboolean
ob_oauth_is_endpoint (const char *url)
{
  g_autoptr (GUri) uri = NULL;

  if (strlen (url) > URL_MAX_BYTES || !g_str_is_ascii (url) || !ob_destination_is_url (url))
    return FALSE;
  uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);

  return uri && !g_uri_get_userinfo (uri) && !g_uri_get_fragment (uri)
         && (g_str_equal (g_uri_get_scheme (uri), "https") || is_this_device (g_uri_get_host (uri)));
}

/* Returns: (transfer full) (nullable): the root, if it is an object */
static JsonNode *
parse (const char *body, gsize body_bytes)
{
  g_autoptr (JsonNode) root = NULL;

  /* RFC 8259 section 8.1: a byte order mark may be ignored. */
  if (body_bytes >= 3 && memcmp (body, "\xef\xbb\xbf", 3) == 0)
    {
      body += 3;
      body_bytes -= 3;
    }
  root = ob_json_parse (body, body_bytes, NULL);

  return root && JSON_NODE_HOLDS_OBJECT (root) ? g_steal_pointer (&root) : NULL;
}

/* Seconds, also as text or with a fraction, as some servers write them. Returns: milliseconds; 0: there is no such number, or it is
 * none that can be */
static gint64
read_seconds (JsonObject *object, const char *name, gint64 most_ms)
{
  JsonNode *node = json_object_get_member (object, name);
  GType type = node ? json_node_get_value_type (node) : G_TYPE_INVALID;
  double seconds = 0;

  if (type == G_TYPE_STRING)
    {
      const char *text = json_node_get_string (node);
      char *end = NULL;

      seconds = g_ascii_strtod (text, &end);
      if (!g_ascii_isdigit (*text) || *end != '\0')
        return 0;
    }
  else if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE)
    seconds = json_node_get_double (node);

  return seconds > 0 ? (gint64) (MIN (seconds, (double) most_ms / 1000) * 1000) : 0;
}

/* --- Tokens --- */

static ObOauthAnswer *
answer_new_away (guint status, const char *body, gsize body_bytes)
{
  g_autofree char *text = body_bytes > 0 ? g_strndup (body, body_bytes) : NULL;
  g_autofree char *line = ob_words_dup (status, NULL, text);
  g_autofree char *words
      = g_strdup_printf (S_ ("The sign-in server did not answer as it should: %s"), g_strchomp (line));

  return ob_oauth_answer_new (OB_OAUTH_AWAY, BAD_ANSWER, words);
}

static ObOauthVerdict
find_verdict (const char *code)
{
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_str_equal (codes[i].code, code))
      return codes[i].verdict;

  return OB_OAUTH_MISCONFIGURED;
}

/* @code: the word of "error" */
static ObOauthAnswer *
answer_new_refused (JsonObject *object, const char *code)
{
  const char *description = ob_json_get_text (object, "error_description");
  g_autofree char *word = ob_text_dup_clean (code, -1, CODE_MAX_CHARS);
  g_autofree char *words = ob_text_dup_clean (description ? description : code, -1, WORDS_MAX_CHARS);

  return ob_oauth_answer_new (find_verdict (code), word, words);
}

static gboolean
is_bearer (JsonObject *object)
{
  JsonNode *type = json_object_get_member (object, "token_type");
  const char *text = ob_json_get_text (object, "token_type");

  return !type || json_node_is_null (type) || (text && g_ascii_strcasecmp (text, "bearer") == 0);
}

/* Returns: whether there is no text, or it can be kept. @token: (out) (transfer full) (nullable) */
static gboolean
read_token (JsonObject *object, const char *name, char **token)
{
  JsonNode *node = json_object_get_member (object, name);
  const char *text = ob_json_get_text (object, name);

  *token = NULL;
  if (!node || json_node_is_null (node) || (text && *text == '\0'))
    return TRUE;
  if (!text || !ob_oauth_is_token (text))
    return FALSE;
  *token = g_strdup (text);

  return TRUE;
}

/* Returns: (nullable): %NULL: it is no answer that was agreed on */
static ObOauthAnswer *
answer_new_granted (JsonObject *object)
{
  g_autoptr (ObOauthAnswer) answer = ob_oauth_answer_new (OB_OAUTH_GRANTED, NULL, NULL);

  if (!read_token (object, "access_token", &answer->access_token) || !answer->access_token
      || !read_token (object, "refresh_token", &answer->refresh_token))
    return NULL;
  if (!is_bearer (object))
    return ob_oauth_answer_new (OB_OAUTH_MISCONFIGURED, "token-type",
                                S_ ("The sign-in server gives another kind of token than Bearer"));
  answer->lifetime_ms = read_seconds (object, "expires_in", OB_OAUTH_LIFETIME_MAX_MS);

  return g_steal_pointer (&answer);
}

/* Servers and proxies that are in trouble say anything. */
static gboolean
is_trouble (guint status)
{
  return status == 0 || status >= 500 || status == SOUP_STATUS_REQUEST_TIMEOUT || status == 429
         || SOUP_STATUS_IS_REDIRECTION (status);
}

ObOauthAnswer *
ob_oauth_read_tokens (guint status, const char *body, gsize body_bytes)
{
  g_autoptr (JsonNode) root = is_trouble (status) ? NULL : parse (body, body_bytes);
  JsonObject *object = root ? json_node_get_object (root) : NULL;
  const char *code = object ? ob_json_get_text (object, "error") : NULL;
  ObOauthAnswer *answer = NULL;

  if (code && *code)
    answer = answer_new_refused (object, code);
  else if (object && status == SOUP_STATUS_OK)
    answer = answer_new_granted (object);
  /* A 200 that cannot be taken may have tokens in it: repeat nothing of it. */
  if (!answer)
    answer = status == SOUP_STATUS_OK && object
                 ? ob_oauth_answer_new (OB_OAUTH_AWAY, BAD_ANSWER,
                                        S_ ("The sign-in server gives no token that can be used"))
                 : answer_new_away (status, body, body_bytes);

  return answer;
}

/* --- The device flow --- */

/* A code is compared and typed: blanks inside are no harm. */
static gboolean
is_user_code (const char *text)
{
  gsize length = text ? strlen (text) : 0;

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isprint (text[i]))
      return FALSE;

  return length > 0 && length <= USER_CODE_MAX_BYTES && g_ascii_isgraph (text[0]) && g_ascii_isgraph (text[length - 1]);
}

/* Returns: (transfer full) (nullable) */
static char *
dup_page (JsonObject *object, const char *name)
{
  const char *url = ob_json_get_text (object, name);

  return url && ob_oauth_is_endpoint (url) ? g_strdup (url) : NULL;
}

static gint64
read_interval (JsonObject *object)
{
  gint64 interval_ms;

  if (!json_object_has_member (object, "interval"))
    return OB_OAUTH_INTERVAL_MS;
  interval_ms = read_seconds (object, "interval", OB_OAUTH_INTERVAL_MAX_MS);

  return MAX (interval_ms, OB_OAUTH_INTERVAL_MIN_MS);
}

/* Returns: (transfer full) (nullable) */
static ObOauthDevice *
read_device (JsonObject *object)
{
  g_autoptr (ObOauthDevice) device = g_new0 (ObOauthDevice, 1);
  const char *user_code = ob_json_get_text (object, "user_code");

  device->url = dup_page (object, "verification_uri");
  /* As servers called it before RFC 8628. */
  if (!device->url)
    device->url = dup_page (object, "verification_url");
  device->full_url = dup_page (object, "verification_uri_complete");
  if (!read_token (object, "device_code", &device->device_code) || !device->device_code || !is_user_code (user_code)
      || !device->url)
    return NULL;
  if (device->full_url && !ob_origin_is_same (device->full_url, device->url))
    g_clear_pointer (&device->full_url, g_free);
  device->user_code = g_strdup (user_code);
  device->lifetime_ms = read_seconds (object, "expires_in", OB_OAUTH_DEVICE_LIFETIME_MAX_MS);
  if (device->lifetime_ms == 0)
    device->lifetime_ms = OB_OAUTH_DEVICE_LIFETIME_MS;
  device->interval_ms = read_interval (object);

  return g_steal_pointer (&device);
}

ObOauthDevice *
ob_oauth_read_device (guint status, const char *body, gsize body_bytes, ObOauthAnswer **failure)
{
  g_autoptr (JsonNode) root = is_trouble (status) ? NULL : parse (body, body_bytes);
  JsonObject *object = root ? json_node_get_object (root) : NULL;
  const char *code = object ? ob_json_get_text (object, "error") : NULL;
  ObOauthDevice *device = NULL;

  *failure = NULL;
  if (code && *code)
    *failure = answer_new_refused (object, code);
  else if (object && status == SOUP_STATUS_OK)
    device = read_device (object);
  if (!device && !*failure)
    *failure = object ? ob_oauth_answer_new (OB_OAUTH_AWAY, BAD_ANSWER,
                                             S_ ("The sign-in server gives no code and page that a person could use"))
                      : answer_new_away (status, body, body_bytes);

  return device;
}

/* --- A server's description --- */

GStrv
ob_oauth_list_descriptions (const char *issuer)
{
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();
  g_autofree char *origin = ob_destination_dup_origin (issuer);
  const char *path = issuer + strlen (origin);
  g_autofree char *trimmed = g_str_has_suffix (path, "/") ? g_strndup (path, strlen (path) - 1) : g_strdup (path);
  g_autofree char *openid = g_strconcat (origin, trimmed, "/.well-known/openid-configuration", NULL);
  g_autofree char *oauth = g_strconcat (origin, "/.well-known/oauth-authorization-server", trimmed, NULL);

  g_strv_builder_add (list, openid);
  g_strv_builder_add (list, oauth);

  return g_strv_builder_end (list);
}

/* An endpoint by plain http at another port of this device is somebody else's, too. */
static char *
dup_endpoint (JsonObject *object, const char *name, const char *issuer)
{
  const char *url = ob_json_get_text (object, name);

  if (!url || !ob_oauth_is_endpoint (url) || (!g_str_has_prefix (url, "https:") && !ob_origin_is_same (url, issuer)))
    return NULL;

  return g_strdup (url);
}

ObOauthServer *
ob_oauth_read_server (const char *issuer, guint status, const char *body, gsize body_bytes)
{
  g_autoptr (JsonNode) root = status == SOUP_STATUS_OK ? parse (body, body_bytes) : NULL;
  JsonObject *object = root ? json_node_get_object (root) : NULL;
  g_autoptr (ObOauthServer) server = g_new0 (ObOauthServer, 1);

  if (!object || g_strcmp0 (ob_json_get_text (object, "issuer"), issuer) != 0)
    return NULL;
  server->token_url = dup_endpoint (object, "token_endpoint", issuer);
  server->device_url = dup_endpoint (object, "device_authorization_endpoint", issuer);
  server->authorize_url = dup_endpoint (object, "authorization_endpoint", issuer);

  return server->token_url ? g_steal_pointer (&server) : NULL;
}
