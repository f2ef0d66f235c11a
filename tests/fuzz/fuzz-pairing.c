/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/pairing: any order of what pages and a person do, with any text as origin and code. Nobody gets a token without the
 * device code of its own origin and a person's approval, and what is remembered is bounded.
 */
#include "base/secret.h"
#include "dbus/error.h"
#include "fuzz.h"
#include "ipc/pairing-origin.h"
#include "ipc/pairing.h"

#define TOKEN "a-token"
#define MOST_ASKED 32

/* A page that has asked. */
typedef struct
{
  char *origin;
  char *device_code;
  gboolean is_approved; /* a person has, and has not revoked it since */
} Page;

typedef struct
{
  ObPairing *pairing;
  gint64 now_ms;
  Page pages[MOST_ASKED];
  guint n_pages;
} Play;

/* --- What must hold --- */

static void
check_origin (const char *header)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *origin = ob_pairing_dup_origin (header, &error);
  g_autofree char *again = NULL;

  g_assert_true (!origin == (error != NULL));
  if (!origin)
    {
      g_assert_true (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED)
                     && g_utf8_validate (error->message, -1, NULL));
      return;
    }
  again = ob_pairing_dup_origin (origin, NULL);
  g_assert_cmpstr (origin, ==, again);
  g_assert_true (g_str_has_prefix (origin, "https://") || strstr (origin, "localhost") || strstr (origin, "//127.")
                 || strstr (origin, "//[::1]") || strstr (origin, "//[::ffff:127."));
  for (const char *c = origin; *c; c++)
    g_assert_true (g_ascii_isgraph (*c) && !g_ascii_isupper (*c) && !strchr ("@?#\\%", *c));
}

static void
check_list (Play *play)
{
  g_autoptr (GPtrArray) waiting = ob_pairing_list (play->pairing, play->now_ms);

  g_assert_cmpuint (waiting->len, <=, OB_PAIRING_MOST);
  for (guint i = 0; i < waiting->len; i++)
    {
      const ObPairingRequest *request = waiting->pdata[i];
      g_autofree char *code = ob_secret_dup_code (request->code);

      g_assert_cmpstr (code, ==, request->code);
      g_assert_cmpint (request->until_ms, >, play->now_ms);
      for (guint j = 0; j < i; j++)
        g_assert_cmpstr (((const ObPairingRequest *) waiting->pdata[j])->origin, !=, request->origin);
    }
}

/* --- What is done --- */

static void
ask (Play *play, const char *text, guint8 choice)
{
  char *device_code = NULL;
  g_autoptr (GError) error = NULL;
  const ObPairingRequest *request
      = ob_pairing_ask (play->pairing, text, choice & 1, play->now_ms, &device_code, &error);

  g_assert_true (!request == (error != NULL));
  g_assert_true (!request == (device_code == NULL));
  if (!request || play->n_pages == MOST_ASKED)
    {
      ob_secret_free (device_code);
      return;
    }
  play->pages[play->n_pages++] = (Page){ .origin = g_strdup (request->origin), .device_code = device_code };
}

static void
poll (Play *play, const char *text, guint8 choice)
{
  const Page *page = play->n_pages > 0 ? &play->pages[choice % play->n_pages] : NULL;
  const char *token;
  gint64 interval_ms;

  (void) ob_pairing_poll (play->pairing, text, page ? page->device_code : text, play->now_ms, &token, &interval_ms);
  if (token)
    {
      g_autofree char *origin = ob_pairing_dup_origin (text, NULL);

      g_assert_cmpstr (origin, ==, page->origin);
    }
  if (!page)
    return;
  if (ob_pairing_poll (play->pairing, page->origin, page->device_code, play->now_ms, &token, &interval_ms)
      == OB_PAIRING_POLL_APPROVED)
    g_assert_true (page->is_approved);
  g_assert_cmpint (interval_ms, >=, OB_PAIRING_INTERVAL_MS);
  g_assert_cmpint (interval_ms, <=, OB_PAIRING_INTERVAL_MOST_MS);
  /* One letter off is another code. */
  g_assert_cmpint (ob_pairing_poll (play->pairing, page->origin, page->device_code + 1, play->now_ms, &token,
                                    &interval_ms),
                   ==, OB_PAIRING_POLL_EXPIRED);
}

static void
set_approved (Play *play, const char *origin, gboolean is_approved)
{
  for (guint i = 0; i < play->n_pages; i++)
    if (g_str_equal (play->pages[i].origin, origin))
      play->pages[i].is_approved = is_approved;
}

static void
decide (Play *play, const char *text, guint8 choice)
{
  g_autoptr (GPtrArray) waiting = ob_pairing_list (play->pairing, play->now_ms);
  const ObPairingRequest *listed = waiting->len > 0 ? waiting->pdata[choice % waiting->len] : NULL;
  g_autofree char *name = g_strdup (listed && choice & 0x80 ? listed->code : text);
  const ObPairingRequest *request;

  if (choice & 0x40)
    {
      (void) ob_pairing_deny (play->pairing, name, play->now_ms, NULL);
      return;
    }
  request = ob_pairing_begin (play->pairing, name, play->now_ms, NULL);
  if (!request)
    return;
  g_assert_cmpint (request->state, ==, OB_PAIRING_DECIDING);
  set_approved (play, request->origin, TRUE);
  {
    g_autofree char *id = g_strdup (request->id);

    play->now_ms += choice & 0x20 ? OB_PAIRING_OPEN_MS : 1;
    ob_pairing_end (play->pairing, id, choice & 0x10 ? NULL : TOKEN);
  }
}

static void
take_back (Play *play, guint8 choice)
{
  const Page *page = play->n_pages > 0 ? &play->pages[choice % play->n_pages] : NULL;

  if (!page)
    return;
  ob_pairing_revoke (play->pairing, page->origin);
  set_approved (play, page->origin, FALSE);
}

static void
step (Play *play, guint8 what, const char *text)
{
  switch (what % 5)
    {
    case 0:
      ask (play, text, what / 5);
      break;
    case 1:
      poll (play, text, what / 5);
      break;
    case 2:
      decide (play, text, what);
      break;
    case 3:
      take_back (play, what / 5);
      break;
    default:
      play->now_ms += (gint64) what * what * 100;
      break;
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  Play play = { .pairing = ob_pairing_new (), .now_ms = 1 };

  while (size > 0)
    {
      const guint8 what = *data;
      g_autofree char *text = (data++, size--, fuzz_take_text (&data, &size));

      check_origin (text);
      step (&play, what, text);
      check_list (&play);
    }
  for (guint i = 0; i < play.n_pages; i++)
    {
      g_free (play.pages[i].origin);
      ob_secret_free (play.pages[i].device_code);
    }
  ob_pairing_free (play.pairing);

  return 0;
}
