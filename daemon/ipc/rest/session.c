/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes a ticket for the token of a session, and ends a session. Main thread.
 */
#include "ipc/rest/session.h"

#include "base/secret.h"
#include "ipc/rest/calls.h"

static void
begin (ObExchange *exchange, GVariant *arguments)
{
  const ObRequestContext *context = ob_exchange_get_context (exchange);
  g_autoptr (GError) error = NULL;
  const char *ticket = "";
  char *token;
  GVariantBuilder answer;

  (void) g_variant_lookup (arguments, "ticket", "&s", &ticket);
  token = ob_sessions_begin (context->sessions, ticket, ob_broker_get_boot_ms (context->broker), &error);
  if (!token)
    {
      ob_exchange_fail (exchange, error);
      return;
    }
  g_variant_builder_init (&answer, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&answer, "{sv}", "token", g_variant_new_string (token));
  ob_exchange_answer (exchange, 200, g_variant_builder_end (&answer));
  ob_secret_free (token);
}

static void
end (ObExchange *exchange)
{
  const char *digest = ob_exchange_get_digest (exchange);

  /* The session takes with it what it has under way: this request is answered before. */
  ob_exchange_answer (exchange, 204, NULL);
  if (digest)
    ob_sessions_end (ob_exchange_get_context (exchange)->sessions, digest);
}

static gboolean
is_begin (const ObExchange *exchange)
{
  return g_str_equal (ob_exchange_get_route (exchange)->method, "POST");
}

void
ob_session_take_head (ObExchange *exchange)
{
  ob_call_take_head_of_page (exchange, "This is for the dashboard's page, at the TCP port", is_begin (exchange));
}

void
ob_session_take_body (ObExchange *exchange)
{
  g_autoptr (GVariant) arguments = ob_call_read_arguments (exchange);

  if (!arguments)
    return;
  if (is_begin (exchange))
    begin (exchange, arguments);
  else
    end (exchange);
}
