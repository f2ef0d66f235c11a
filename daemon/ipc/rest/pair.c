/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers pages that are not let in yet, and those that ask whether this is their broker. Main thread.
 */
#include "ipc/rest/pair.h"

#include "base/secret.h"
#include "base/text.h"
#include "dbus/error.h"
#include "ipc/pairing-origin.h"
#include "ipc/rest/calls.h"

static ObPairing *
get_pairing (const ObExchange *exchange)
{
  return ob_exchange_get_context (exchange)->pairing;
}

/* Returns: whether the page has asked too often, and was told so */
static gboolean
is_too_often (ObExchange *exchange, gint64 now_ms)
{
  const gint64 wait_ms = ob_rate_take (ob_exchange_get_rate (exchange), ob_exchange_get_reader (exchange), now_ms);
  g_autofree char *wait_s = g_strdup_printf ("%" G_GINT64_FORMAT, wait_ms / 1000 + 1);

  if (wait_ms <= 0)
    return FALSE;
  soup_message_headers_replace (soup_server_message_get_response_headers (ob_exchange_get_message (exchange)),
                                "Retry-After", wait_s);
  ob_exchange_refuse (exchange, 429, "Pages ask too often to be let in; try again later");

  return TRUE;
}

static gint64
get_boot_ms (const ObExchange *exchange)
{
  return ob_broker_get_boot_ms (ob_exchange_get_context (exchange)->broker);
}

/* --- A page asks --- */

static void
ask (ObExchange *exchange, GVariant *arguments)
{
  const gint64 now_ms = get_boot_ms (exchange);
  g_autoptr (GError) error = NULL;
  gboolean may_manage = FALSE;
  char *device_code = NULL;
  const ObPairingRequest *request;
  GVariantBuilder answer;

  if (is_too_often (exchange, now_ms))
    return;
  (void) g_variant_lookup (arguments, "manage", "b", &may_manage);
  request = ob_pairing_ask (get_pairing (exchange), ob_exchange_get_reader (exchange), may_manage, now_ms, &device_code,
                            &error);
  if (!request)
    {
      ob_exchange_fail (exchange, error);
      return;
    }
  g_variant_builder_init (&answer, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&answer, "{sv}", "device_code", g_variant_new_string (device_code));
  g_variant_builder_add (&answer, "{sv}", "user_code", g_variant_new_string (request->code));
  g_variant_builder_add (&answer, "{sv}", "expires_in", g_variant_new_int64 ((request->until_ms - now_ms) / 1000));
  g_variant_builder_add (&answer, "{sv}", "interval", g_variant_new_int32 (OB_PAIRING_INTERVAL_MS / 1000));
  ob_exchange_answer (exchange, 200, g_variant_builder_end (&answer));
  ob_secret_free (device_code);
}

/* --- It polls --- */

static void
refuse_poll (ObExchange *exchange, ObPairingPoll poll, gint64 interval_ms)
{
  static const struct
  {
    OutboxError code;
    const char *detail;
  } refusals[] = {
    [OB_PAIRING_POLL_PENDING] = { OUTBOX_ERROR_WRONG_STATE, "The person has not answered yet" },
    [OB_PAIRING_POLL_SLOW_DOWN] = { OUTBOX_ERROR_TOO_MANY, "Ask less often" },
    [OB_PAIRING_POLL_DENIED] = { OUTBOX_ERROR_NOT_ALLOWED, "The person has denied it" },
    [OB_PAIRING_POLL_EXPIRED] = { OUTBOX_ERROR_NOT_FOUND, "There is no such request of this page, or none any more" },
  };
  GVariantBuilder more;

  g_variant_builder_init (&more, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&more, "{sv}", "error", g_variant_new_string (ob_pairing_poll_get_name (poll)));
  g_variant_builder_add (&more, "{sv}", "interval", g_variant_new_int32 ((gint32) (interval_ms / 1000)));
  ob_exchange_refuse_with (exchange, 400, refusals[poll].code, refusals[poll].detail, g_variant_builder_end (&more));
}

static void
tell_token (ObExchange *exchange, const char *token)
{
  const char *origin = ob_exchange_get_reader (exchange);
  g_autofree char *digest = ob_secret_dup_digest (token);
  g_autofree char *name = ob_pairing_dup_app (origin);
  g_autoptr (ObPairedApp) app = ob_broker_find_app (ob_exchange_get_context (exchange)->broker, origin, digest, NULL);
  GVariantBuilder answer;

  if (!app)
    {
      refuse_poll (exchange, OB_PAIRING_POLL_EXPIRED, OB_PAIRING_INTERVAL_MS);
      return;
    }
  g_variant_builder_init (&answer, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&answer, "{sv}", "token", g_variant_new_string (token));
  g_variant_builder_add (&answer, "{sv}", "app", g_variant_new_string (name));
  g_variant_builder_add (&answer, "{sv}", "manage", g_variant_new_boolean (app->may_manage));
  ob_exchange_answer (exchange, 200, g_variant_builder_end (&answer));
}

static void
poll_token (ObExchange *exchange, GVariant *arguments)
{
  const char *device_code = "";
  const char *token = NULL;
  gint64 interval_ms = 0;
  ObPairingPoll poll;

  (void) g_variant_lookup (arguments, "device_code", "&s", &device_code);
  poll = ob_pairing_poll (get_pairing (exchange), ob_exchange_get_reader (exchange), device_code,
                          get_boot_ms (exchange), &token, &interval_ms);
  if (poll == OB_PAIRING_POLL_APPROVED)
    tell_token (exchange, token);
  else if (poll != OB_PAIRING_POLL_EXPIRED || !is_too_often (exchange, get_boot_ms (exchange)))
    refuse_poll (exchange, poll, interval_ms);
}

/* --- It wants to know whether this is its broker --- */

/* A page has a token for each browser, and does not say which: so there is a proof of each. The host is in it so that nobody at another
 * port can have it made here. */
static GVariant *
make_proofs (ObExchange *exchange, const GPtrArray *digests, const char *nonce)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (ob_exchange_get_message (exchange));
  g_autofree char *text = g_strjoin ("\n", "outbox-hello", ob_exchange_get_reader (exchange),
                                     soup_message_headers_get_one (headers, "Host"), nonce, NULL);
  GVariantBuilder proofs;

  g_variant_builder_init (&proofs, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = digests->len; i > 0; i--)
    {
      g_autofree char *proof = ob_secret_dup_proof (digests->pdata[i - 1], text);

      if (proof)
        g_variant_builder_add (&proofs, "s", proof);
    }

  return g_variant_builder_end (&proofs);
}

/* Returns: (transfer full) (nullable): the digests of the tokens that the page may have, which are those of sessions for the dashboard */
static GPtrArray *
list_digests (ObExchange *exchange, GError **error)
{
  const ObRequestContext *context = ob_exchange_get_context (exchange);
  const char *origin = ob_exchange_get_reader (exchange);
  g_autoptr (GPtrArray) digests = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) apps = NULL;

  if (g_strcmp0 (origin, context->dashboard) == 0)
    return ob_sessions_list_digests (context->sessions, get_boot_ms (exchange));
  apps = ob_broker_list_apps_of (context->broker, origin, error);
  for (guint i = 0; apps && i < apps->len; i++)
    g_ptr_array_add (digests, g_strdup (((const ObPairedApp *) apps->pdata[i])->digest));

  return apps ? g_steal_pointer (&digests) : NULL;
}

static void
prove (ObExchange *exchange, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) digests = NULL;
  const char *nonce = "";
  GVariantBuilder answer;

  (void) g_variant_lookup (arguments, "nonce", "&s", &nonce);
  if (!ob_text_is_sha256 (nonce))
    {
      ob_exchange_refuse (exchange, 400, "nonce: 64 hexadecimal digits");
      return;
    }
  digests = list_digests (exchange, &error);
  if (!digests)
    ob_exchange_fail (exchange, error);
  else if (digests->len == 0)
    ob_exchange_refuse (exchange, 404, "This page was not let in; see POST /v1/pair");
  else
    {
      g_variant_builder_init (&answer, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&answer, "{sv}", "proofs", make_proofs (exchange, digests, nonce));
      ob_exchange_answer (exchange, 200, g_variant_builder_end (&answer));
    }
}

/* --- The routes --- */

static const struct
{
  const char *path;
  void (*answer) (ObExchange *exchange, GVariant *arguments);
} routes[] = { { "/v1/pair", ask }, { "/v1/pair/token", poll_token }, { "/v1/hello", prove } };

void
ob_pair_take_head (ObExchange *exchange)
{
  ob_call_take_head_of_page (exchange, "This is for web pages, at the TCP port", TRUE);
}

void
ob_pair_take_body (ObExchange *exchange)
{
  g_autoptr (GVariant) arguments = ob_call_read_arguments (exchange);

  for (guint i = 0; arguments && i < G_N_ELEMENTS (routes); i++)
    if (g_str_equal (routes[i].path, ob_exchange_get_route (exchange)->path))
      routes[i].answer (exchange, arguments);
}
