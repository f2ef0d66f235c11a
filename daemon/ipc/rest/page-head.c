/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the fields that tell pages apart. Pure.
 */
#include "ipc/rest/page-head.h"

#include "ipc/pairing-origin.h"

#include <string.h>

/* Tokens have 43 characters; whatever is longer is not worth a look. */
#define TOKEN_MAX_BYTES 128

/* Beside the dashboard's own. */
static const char *const hosts[] = { "127.0.0.1", "localhost" };

#define SCHEME "http://"

/* Returns: %FALSE, so that a check can end with it */
static gboolean
refuse (ObPageHead *head, guint status, const char *detail)
{
  head->status = status;
  head->detail = detail;

  return FALSE;
}

static gboolean
is_host (const char *host, guint16 port, const char *dashboard)
{
  if (g_str_equal (host, dashboard + strlen (SCHEME)))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autofree char *own = g_strdup_printf ("%s:%u", hosts[i], port);

      if (g_str_equal (host, own))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_own (const char *origin, guint16 port, const char *dashboard)
{
  return g_str_has_prefix (origin, SCHEME) && is_host (origin + strlen (SCHEME), port, dashboard);
}

/* @word: (nullable) */
static gboolean
is_among (const char *word, const char *const *words)
{
  return !word || g_strv_contains (words, word);
}

static gboolean
read_origin (ObPageHead *head, const ObPageFields *fields, guint16 port, const char *dashboard)
{
  gboolean is_same = g_strcmp0 (fields->site, "same-origin") == 0;
  g_autofree char *of_host = g_strconcat (SCHEME, fields->host, NULL);
  const char *said = fields->origin ? fields->origin : is_same ? of_host : NULL;

  if (!said)
    return TRUE;
  head->origin = ob_pairing_dup_origin (said, NULL);
  if (!head->origin || !g_str_equal (head->origin, said))
    return refuse (head, 403, "A page of that origin cannot be let in");
  if (is_same && !g_str_equal (said, of_host))
    return refuse (head, 403, "The origin is not that of the host");
  head->is_own = is_own (said, port, dashboard);

  return TRUE;
}

/* base64url (RFC 4648 section 5), as RFC 6750 section 2.1 lets a token be. */
static gboolean
is_token (const char *text)
{
  gsize length = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

  return length > 0 && length <= TOKEN_MAX_BYTES && text[length] == '\0';
}

static gboolean
read_token (ObPageHead *head, const char *authorization)
{
  if (!authorization)
    return TRUE;
  if (g_ascii_strncasecmp (authorization, "Bearer ", strlen ("Bearer ")) != 0
      || !is_token (authorization + strlen ("Bearer ")))
    return refuse (head, 401, "Authorization has to be Bearer with a token");
  head->token = g_strdup (authorization + strlen ("Bearer "));

  return TRUE;
}

ObPageHead
ob_page_head_read (const ObPageFields *fields, guint16 port, const char *dashboard)
{
  static const char *const modes[] = { "cors", "same-origin", NULL };
  static const char *const dests[] = { "empty", NULL };
  static const char *const sites[] = { "none", "same-origin", NULL };
  ObPageHead head = { .status = 0 };
  gboolean is_document = g_strcmp0 (fields->mode, "navigate") == 0 && g_strcmp0 (fields->dest, "document") == 0;

  if (!is_host (fields->host, port, dashboard))
    (void) refuse (&head, 403, "That host is no name of this port");
  else if (read_origin (&head, fields, port, dashboard))
    (void) read_token (&head, fields->authorization);
  head.is_fetch = is_among (fields->mode, modes) && is_among (fields->dest, dests);
  head.is_visible = is_document || is_among (fields->site, sites);
  head.is_preflight
      = head.status == 0 && head.origin && fields->wanted_method && g_str_equal (fields->method, "OPTIONS");

  return head;
}

void
ob_page_head_clear (ObPageHead *head)
{
  g_clear_pointer (&head->origin, g_free);
  g_clear_pointer (&head->token, g_free);
}
