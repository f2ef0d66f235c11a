/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sign-ins as lists of named texts. Pure.
 */
#include "model/sign-in.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "dbus/error.h"
#include "model/header.h"

#include <string.h>

#define KIND "kind"
#define TOO_LONG "A name or a value of the sign-in is too long"
#define BOM "\xef\xbb\xbf"

typedef struct
{
  char *name;
  char *value;
} Text;

struct _ObSignIn
{
  GPtrArray *texts; /* of Text; the kind is the first */
};

static void
text_free (gpointer data)
{
  Text *text = data;

  ob_secret_free (text->name);
  ob_secret_free (text->value);
  g_free (text);
}

static Text *
find (const ObSignIn *self, const char *name)
{
  for (guint i = 0; i < self->texts->len; i++)
    if (g_str_equal (((const Text *) self->texts->pdata[i])->name, name))
      return self->texts->pdata[i];

  return NULL;
}

ObSignIn *
ob_sign_in_new (const char *kind)
{
  ObSignIn *self = g_new0 (ObSignIn, 1);

  self->texts = g_ptr_array_new_with_free_func (text_free);
  ob_sign_in_set (self, KIND, kind);

  return self;
}

void
ob_sign_in_free (ObSignIn *self)
{
  g_ptr_array_unref (self->texts);
  g_free (self);
}

const char *
ob_sign_in_get_kind (const ObSignIn *self)
{
  return ob_sign_in_get (self, KIND);
}

const char *
ob_sign_in_get (const ObSignIn *self, const char *name)
{
  const Text *text = find (self, name);

  return text ? text->value : NULL;
}

void
ob_sign_in_set (ObSignIn *self, const char *name, const char *value)
{
  Text *text = find (self, name);

  if (!value)
    {
      if (text)
        (void) g_ptr_array_remove (self->texts, text);
      return;
    }
  if (!text)
    {
      text = g_new0 (Text, 1);
      text->name = g_strdup (name);
      g_ptr_array_add (self->texts, text);
    }
  ob_secret_free (text->value);
  text->value = g_strdup (value);
}

void
ob_sign_in_foreach (const ObSignIn *self, void (*each) (const char *name, const char *value, gpointer user_data),
                    gpointer user_data)
{
  for (guint i = 0; i < self->texts->len; i++)
    {
      const Text *text = self->texts->pdata[i];

      if (!g_str_equal (text->name, KIND))
        each (text->name, text->value, user_data);
    }
}

/* --- What a person gives --- */

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
    return refuse (error, "The secret is no token: it is empty, or has a blank or another character that no token has");
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

/* What a person can give: how it is taken, and the members of its JSON. */
static const struct
{
  const char *kind;
  gboolean (*take) (ObSignIn *self, JsonObject *object, GError **error);
  const char *members; /* with blanks around each */
} kinds[] = {
  { OB_SIGN_IN_BEARER, take_bearer, " kind token " },
  { OB_SIGN_IN_BASIC, take_basic, " kind username password " },
  { OB_SIGN_IN_HEADER, take_headers, " kind name value headers " },
  { OB_SIGN_IN_OAUTH2, take_client, " kind client_secret " },
  { OB_SIGN_IN_COMMAND, take_nothing, " kind " },
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
                   ? g_steal_pointer (&self)
                   : NULL;
      }
  (void) refuse (error, "kind: bearer, basic, header, oauth2 or command");

  return NULL;
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
read_json (const char *text, gsize size_bytes, GError **error)
{
  g_autoptr (JsonNode) root = ob_json_parse (text, size_bytes, NULL);
  ObSignIn *sign_in = NULL;

  if (root && JSON_NODE_HOLDS_OBJECT (root))
    {
      sign_in = take_object (json_node_get_object (root), error);
      json_object_foreach_member (json_node_get_object (root), wipe_member, NULL);
    }
  else
    {
      (void) refuse (error, "The secret begins with { and is no JSON object");
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
                                                      : refuse (error, "The secret has a NUL byte");

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
    (void) refuse (error, "The secret has more than 64 KiB");
  else if (size_bytes == 0)
    (void) refuse (error, "The secret is empty");
  else
    return *text == '{' ? read_json (text, size_bytes, error) : read_token (text, size_bytes, error);

  return NULL;
}

/* --- What is kept --- */

char *
ob_sign_in_write (const ObSignIn *self)
{
  gsize length = 1;
  char *text, *end;

  for (guint i = 0; i < self->texts->len; i++)
    {
      const Text *each = self->texts->pdata[i];

      length += strlen (each->name) + strlen (each->value) + 2;
    }
  text = end = g_malloc (length);
  for (guint i = 0; i < self->texts->len; i++)
    {
      const Text *each = self->texts->pdata[i];

      end = g_stpcpy (end, each->name);
      *end++ = '=';
      end = g_stpcpy (end, each->value);
      *end++ = '\n';
    }
  *end = '\0';

  return text;
}

/* Returns: whether there was a line NAME=VALUE, without control characters */
static gboolean
parse_line (ObSignIn *self, const char *line, gsize length)
{
  char *copy = g_strndup (line, length);
  char *equals = strchr (copy, '=');
  gboolean is_good = equals && equals > copy && ob_text_is_clean (copy);

  if (is_good)
    {
      *equals = '\0';
      ob_sign_in_set (self, copy, equals + 1);
      *equals = '=';
    }
  ob_secret_free (copy);

  return is_good;
}

ObSignIn *
ob_sign_in_parse (const char *text)
{
  g_autoptr (ObSignIn) self = ob_sign_in_new ("");

  if (!g_str_has_prefix (text, KIND "="))
    return NULL;
  while (*text)
    {
      gsize length = strcspn (text, "\n");

      if (!parse_line (self, text, length))
        return NULL;
      text += length + (text[length] == '\n');
    }

  return g_steal_pointer (&self);
}

GVariant *
ob_sign_in_dup_shown (const ObSignIn *self)
{
  g_autoptr (GString) headers = g_string_new (NULL);
  GVariantBuilder shown;

  g_variant_builder_init (&shown, G_VARIANT_TYPE ("a{ss}"));
  g_variant_builder_add (&shown, "{ss}", KIND, ob_sign_in_get_kind (self));
  for (guint i = 0; i < self->texts->len; i++)
    {
      const Text *text = self->texts->pdata[i];

      if (g_str_has_prefix (text->name, OB_SIGN_IN_HEADER_PREFIX))
        g_string_append_printf (headers, "%s%s", headers->len > 0 ? ", " : "",
                                text->name + strlen (OB_SIGN_IN_HEADER_PREFIX));
    }
  if (headers->len > 0)
    g_variant_builder_add (&shown, "{ss}", "headers", headers->str);

  return g_variant_ref_sink (g_variant_builder_end (&shown));
}
