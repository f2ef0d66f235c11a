/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sign-ins as lists of named texts. Pure.
 */
#include "model/sign-in.h"

#include "base/secret.h"
#include "base/text.h"

#include <string.h>

#define KIND "kind"

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

gboolean
ob_sign_in_has_certificate (const ObSignIn *self)
{
  return ob_sign_in_get (self, OB_SIGN_IN_CERTIFICATE) != NULL;
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
  if (ob_sign_in_has_certificate (self) && !g_str_equal (ob_sign_in_get_kind (self), OB_SIGN_IN_TLS))
    g_variant_builder_add (&shown, "{ss}", OB_SIGN_IN_CERTIFICATE, ob_sign_in_get (self, OB_SIGN_IN_CERTIFICATE));
  if (headers->len > 0)
    g_variant_builder_add (&shown, "{ss}", "headers", headers->str);

  return g_variant_ref_sink (g_variant_builder_end (&shown));
}
