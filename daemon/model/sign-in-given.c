/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sign-ins of what a person, a program or an administrator gives. Pure.
 */
#include "model/sign-in.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/header.h"
#include "model/origin.h"

#include <string.h>

#define KIND "kind"
#define TOO_LONG S_ ("A name or a value of the sign-in is too long")
#define BOM "\xef\xbb\xbf"

/* --- What each kind takes --- */

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, why);

  return FALSE;
}

/* Servers take no longer line; characters, as JSON Schema counts. @text: UTF-8 */
static gboolean
is_short (const char *text)
{
  return g_utf8_strlen (text, -1) <= OB_SIGN_IN_TEXT_MOST;
}

/* RFC 6750 allows fewer characters; what servers hand out has others too, but never a blank. */
static gboolean
is_token (const char *text)
{
  for (const char *c = text; *c; c++)
    if (!g_ascii_isgraph (*c))
      return FALSE;

  return *text != '\0';
}

static gboolean
take_token (ObSignIn *self, const char *token, GError **error)
{
  if (!is_token (token))
    return refuse (error,
                   S_ ("The secret is no token: it is empty, or has a blank or another character that no token has"));
  if (!is_short (token))
    return refuse (error, TOO_LONG);
  ob_sign_in_set (self, "token", token);

  return TRUE;
}

/* A colon ends the name (RFC 7617 section 2). */
static gboolean
take_basic (ObSignIn *self, JsonObject *object, GError **error)
{
  const char *username = ob_json_get_text (object, "username");
  const char *password = ob_json_get_text (object, "password");

  if (!username || !password || strchr (username, ':') || !ob_text_is_clean (username) || !ob_text_is_clean (password))
    return refuse (error, "basic: it takes username, without a colon, and password");
  if (!is_short (username) || !is_short (password))
    return refuse (error, TOO_LONG);
  ob_sign_in_set (self, "username", username);
  ob_sign_in_set (self, "password", password);

  return TRUE;
}

static gboolean
take_header (ObSignIn *self, const char *name, const char *value, GError **error)
{
  g_autofree char *key = name ? g_strconcat (OB_SIGN_IN_HEADER_PREFIX, name, NULL) : NULL;

  if (!name || !value || !ob_header_is_name (name) || !*value || !ob_header_is_value (value))
    return refuse (error, "header: a name is a token, and a value one line");
  if (strlen (name) > OB_SIGN_IN_NAME_MOST || !is_short (value))
    return refuse (error, TOO_LONG);
  if (ob_header_is_own (name))
    return refuse (error, "header: that one is set by Outbox for each request");
  ob_sign_in_set (self, key, value);

  return TRUE;
}

static gboolean
take_headers (ObSignIn *self, JsonObject *object, GError **error)
{
  JsonNode *node = json_object_get_member (object, "headers");
  JsonObject *headers = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autoptr (GList) names = headers ? json_object_get_members (headers) : NULL;

  if (node && (json_object_has_member (object, "name") || json_object_has_member (object, "value")))
    return refuse (error, "header: it takes either name and value, or headers");
  if (!node)
    return take_header (self, ob_json_get_text (object, "name"), ob_json_get_text (object, "value"), error);
  if (!names)
    return refuse (error, "header: headers is an object of names and values");
  if (g_list_length (names) > OB_SIGN_IN_HEADERS_MOST)
    return refuse (error, "header: there are more headers than a sign-in can have");
  for (GList *name = names; name; name = name->next)
    if (!take_header (self, name->data, ob_json_get_text (headers, name->data), error))
      return FALSE;

  return TRUE;
}

static gboolean
take_bearer (ObSignIn *self, JsonObject *object, GError **error)
{
  const char *token = ob_json_get_text (object, "token");

  return take_token (self, token ? token : "", error);
}

/* The secret of a client, without which nobody can sign in by it; tokens come from the server alone. */
static gboolean
take_client (ObSignIn *self, JsonObject *object, GError **error)
{
  const char *secret = ob_json_get_text (object, "client_secret");

  if (!secret || *secret == '\0' || !ob_text_is_clean (secret))
    return refuse (error, "oauth2: it takes client_secret, one line");
  if (!is_short (secret))
    return refuse (error, TOO_LONG);
  ob_sign_in_set (self, OB_SIGN_IN_CLIENT_SECRET, secret);

  return TRUE;
}

static gboolean
take_nothing (ObSignIn *self, JsonObject *object, GError **error)
{
  return TRUE;
}

/* A certificate lies in files, which sign-in.conf names: whoever signs in says no more than that it is shown. */
static gboolean
take_certificate (ObSignIn *self, JsonObject *object, GError **error)
{
  JsonNode *node = json_object_get_member (object, OB_SIGN_IN_CERTIFICATE);

  if (node && (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN))
    return refuse (error, "certificate: true or false");
  if (g_str_equal (ob_sign_in_get_kind (self), OB_SIGN_IN_TLS) || (node && json_node_get_boolean (node)))
    ob_sign_in_set (self, OB_SIGN_IN_CERTIFICATE, "shown");

  return TRUE;
}

/* What a person can give: how it is taken, and the members of its JSON. */
static const struct
{
  const char *kind;
  gboolean (*take) (ObSignIn *self, JsonObject *object, GError **error);
  const char *members; /* with blanks around each */
} kinds[] = {
  { OB_SIGN_IN_BEARER, take_bearer, " kind token certificate " },
  { OB_SIGN_IN_BASIC, take_basic, " kind username password certificate " },
  { OB_SIGN_IN_HEADER, take_headers, " kind name value headers certificate " },
  { OB_SIGN_IN_OAUTH2, take_client, " kind client_secret " },
  { OB_SIGN_IN_COMMAND, take_nothing, " kind certificate " },
  { OB_SIGN_IN_TLS, take_nothing, " kind " },
};

/* The name of a member that is not known could be the secret. */
static gboolean
check_members (JsonObject *object, const char *known, GError **error)
{
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *member = members; member; member = member->next)
    {
      g_autofree char *word = g_strdup_printf (" %s ", (const char *) member->data);

      if (strstr (known, word))
        continue;
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "secret: JSON has these members alone:%s",
                   known);
      return FALSE;
    }

  return TRUE;
}

static ObSignIn *
take_object (JsonObject *object, GError **error)
{
  const char *kind = ob_json_get_text (object, KIND);

  for (guint i = 0; kind && i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kind, kinds[i].kind))
      {
        g_autoptr (ObSignIn) self = ob_sign_in_new (kind);

        return check_members (object, kinds[i].members, error) && kinds[i].take (self, object, error)
                       && take_certificate (self, object, error)
                   ? g_steal_pointer (&self)
                   : NULL;
      }
  (void) refuse (error, "kind: bearer, basic, header, oauth2, command or tls");

  return NULL;
}

/* Takes the origin out of it. Returns: (transfer full) (nullable) */
static char *
take_origin (JsonObject *object, GError **error)
{
  char *origin = ob_origin_dup (ob_json_get_text (object, OB_SIGN_IN_ORIGIN));

  if (!origin)
    (void) refuse (error, "origin: the URL of the server that the secret is for");
  else
    json_object_remove_member (object, OB_SIGN_IN_ORIGIN);

  return origin;
}

/* Tokens that change need a place to be kept in. */
static ObSignIn *
take_bound_object (JsonObject *object, GError **error)
{
  g_autofree char *origin = take_origin (object, error);
  g_autoptr (ObSignIn) self = origin ? take_object (object, error) : NULL;
  const char *kind = self ? ob_sign_in_get_kind (self) : OB_SIGN_IN_BEARER;

  if (g_str_equal (kind, OB_SIGN_IN_OAUTH2) || g_str_equal (kind, OB_SIGN_IN_COMMAND)
      || g_str_equal (kind, OB_SIGN_IN_TLS) || (self && ob_sign_in_get (self, OB_SIGN_IN_CERTIFICATE)))
    {
      (void) refuse (error, "kind: bearer, basic or header, without a certificate");
      return NULL;
    }
  if (self)
    ob_sign_in_set (self, OB_SIGN_IN_ORIGIN, origin);

  return g_steal_pointer (&self);
}

/* json-glib frees its texts as they are. */
static void
wipe_member (JsonObject *object, const char *name, JsonNode *node, gpointer user_data)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), wipe_member, NULL);
  else if (json_node_get_value_type (node) == G_TYPE_STRING)
    explicit_bzero ((char *) json_node_get_string (node), strlen (json_node_get_string (node)));
}

static ObSignIn *
read_json (const char *text, gsize size_bytes, ObSignIn *(*take) (JsonObject *object, GError **error), GError **error)
{
  g_autoptr (JsonNode) root = ob_json_parse (text, size_bytes, NULL);
  ObSignIn *sign_in = NULL;

  if (root && JSON_NODE_HOLDS_OBJECT (root))
    {
      sign_in = take (json_node_get_object (root), error);
      json_object_foreach_member (json_node_get_object (root), wipe_member, NULL);
    }
  else
    {
      (void) refuse (error, S_ ("The secret begins with { and is no JSON object"));
    }

  return sign_in;
}

/* People paste the whole header's value, too. */
static ObSignIn *
read_token (const char *text, gsize size_bytes, GError **error)
{
  static const char scheme[] = "Bearer ";
  char *copy = g_strndup (text, size_bytes);
  char *token = g_ascii_strncasecmp (copy, scheme, strlen (scheme)) == 0 ? copy + strlen (scheme) : copy;
  g_autoptr (ObSignIn) self = ob_sign_in_new (OB_SIGN_IN_BEARER);
  gboolean is_good = !memchr (text, '\0', size_bytes) ? take_token (self, token, error)
                                                      : refuse (error, S_ ("The secret has a NUL byte"));

  ob_secret_free (copy);

  return is_good ? g_steal_pointer (&self) : NULL;
}

static gboolean
is_blank (char c)
{
  return strchr (" \t\r\n", c) && c != '\0';
}

ObSignIn *
ob_sign_in_read (const char *text, gsize size_bytes, GError **error)
{
  if (size_bytes >= strlen (BOM) && memcmp (text, BOM, strlen (BOM)) == 0)
    {
      text += strlen (BOM);
      size_bytes -= strlen (BOM);
    }
  for (; size_bytes > 0 && is_blank (*text); size_bytes--)
    text++;
  while (size_bytes > 0 && is_blank (text[size_bytes - 1]))
    size_bytes--;
  if (size_bytes > OB_SIGN_IN_MOST_BYTES)
    (void) refuse (error, S_ ("The secret has more than 64 KiB"));
  else if (size_bytes == 0)
    (void) refuse (error, S_ ("The secret is empty"));
  else
    return *text == '{' ? read_json (text, size_bytes, take_object, error) : read_token (text, size_bytes, error);

  return NULL;
}

ObSignIn *
ob_sign_in_read_bound (const char *text, gsize size_bytes, GError **error)
{
  while (size_bytes > 0 && is_blank (*text))
    {
      text++;
      size_bytes--;
    }
  if (size_bytes > 0 && *text == '{')
    return read_json (text, size_bytes, take_bound_object, error);
  (void) refuse (error, "The secret is no JSON object with an origin");

  return NULL;
}
