/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every answer at every stage has one meaning: whose trouble it is, what happens next, and what a person reads.
 */
#include "dbus/label.h"
#include "transfer/put.h"
#include "transfer/protocols.h"
#include "transfer/tus.h"

#include <libsoup/soup.h>

#define NOW_MS G_GINT64_CONSTANT (1792836000000) /* Sat, 24 Oct 2026 10:00:00 GMT */

/* How an answer is dressed. */
#define BARE 0
#define OWN (1 << 0)       /* the protocol's own header; JSON of a confirm URL */
#define PAGE (1 << 1)      /* HTML */
#define CHALLENGE (1 << 2) /* WWW-Authenticate */
#define TOKEN (1 << 3)     /* the destination has credentials */
#define ELSEWHERE (1 << 4) /* of a confirm URL: at another origin than the destination */
#define DRESSES (1 << 5)

/* Meanings, as describe() writes them: whose, public state, reason, and what the protocol does where it goes on. */
#define NEXT "- uploading"
#define NEXT_QUESTION "- confirming"
#define REJECTED "upload failed rejected"
#define TOO_LARGE "upload failed too-large"
#define NOT_ATTACHED "upload failed not-attached"
#define FORBIDDEN "either failed rejected"
#define OWN_RETRY "upload retrying retrying"
#define OWN_QUESTION "upload confirming not-confirmed-yet"
#define NOT_YET "upload confirming not-confirmed-yet not-yet"
#define WORKING "upload confirming server-working"
#define LOOK "upload uploading look"
#define RESEND "upload uploading resend"
#define GONE "upload uploading gone"
#define RETRY "destination retrying retrying"
#define QUESTION "destination confirming not-confirmed-yet"
#define EITHER "either retrying retrying"
#define EITHER_QUESTION "either confirming not-confirmed-yet"
#define STRANGER "either paused wrong-address"
#define BLOCKED "either paused wrong-address"
#define SIGN_IN "destination paused sign-in"
#define FULL "destination paused destination-full"
#define PROXY "destination paused proxy"
#define PORTAL "destination paused captive-portal"
#define CERTIFICATE "destination paused certificate"

/* Where nothing depends on the stage but how a person reads a question. */
#define ALL(m)       \
  {                  \
    m, m, m, m, m, m \
  }
#define ASKED(m, question)  \
  {                         \
    m, m, m, m, question, m \
  }

typedef struct
{
  guint status;
  guint dress;
  /* In the order create, look, send, finish, confirm, terminate. */
  const char *meanings[OB_N_STAGES];
} StatusRow;

static const StatusRow status_rows[] = {
  { 100, BARE, ASKED (NEXT, NEXT_QUESTION) },
  { 104, BARE, ASKED (NEXT, NEXT_QUESTION) },
  { 200, OWN, ASKED (NEXT, NEXT_QUESTION) },
  { 200, BARE, ASKED (NEXT, NEXT_QUESTION) },
  { 200, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 200, PAGE | TOKEN, ASKED (STRANGER, OWN_QUESTION) },
  { 201, OWN, ASKED (NEXT, NEXT_QUESTION) },
  { 202, OWN, ASKED (NEXT, NOT_YET) },
  { 202, BARE, ASKED (NEXT, NOT_YET) },
  { 202, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 204, OWN, ASKED (NEXT, NEXT_QUESTION) },
  { 299, BARE, ASKED (NEXT, NEXT_QUESTION) },
  { 300, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 301, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 302, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 304, OWN, ASKED (STRANGER, OWN_QUESTION) },
  { 307, OWN, ASKED (STRANGER, OWN_QUESTION) },
  { 308, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 399, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 400, OWN, ASKED (REJECTED, NOT_ATTACHED) },
  { 400, OWN | PAGE, ASKED (REJECTED, NOT_ATTACHED) },
  { 400, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 400, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 401, OWN, ALL (SIGN_IN) },
  { 401, OWN | TOKEN, ALL (SIGN_IN) },
  { 401, CHALLENGE, ALL (SIGN_IN) },
  { 401, PAGE | CHALLENGE, ALL (SIGN_IN) },
  { 401, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 401, TOKEN, ASKED (STRANGER, OWN_QUESTION) },
  { 401, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 402, OWN, ASKED (REJECTED, NOT_ATTACHED) },
  { 402, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 403, OWN, ALL (FORBIDDEN) },
  { 403, OWN | TOKEN, ALL (SIGN_IN) },
  { 403, CHALLENGE, ALL (FORBIDDEN) },
  { 403, CHALLENGE | TOKEN, ALL (SIGN_IN) },
  { 403, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 403, TOKEN, ASKED (STRANGER, OWN_QUESTION) },
  { 403, PAGE | TOKEN, ASKED (STRANGER, OWN_QUESTION) },
  { 404, OWN, { STRANGER, GONE, GONE, GONE, OWN_QUESTION, GONE } },
  { 404, OWN | TOKEN, { STRANGER, GONE, GONE, GONE, OWN_QUESTION, GONE } },
  { 404, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 404, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 405, OWN, { STRANGER, REJECTED, REJECTED, REJECTED, NOT_ATTACHED, REJECTED } },
  { 405, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 405, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 406, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 407, BARE, ASKED (PROXY, OWN_QUESTION) },
  { 407, PAGE, ASKED (PROXY, OWN_QUESTION) },
  { 407, OWN | TOKEN, ASKED (PROXY, OWN_QUESTION) },
  { 408, BARE, { EITHER, EITHER, EITHER, WORKING, EITHER_QUESTION, EITHER } },
  { 408, OWN, { EITHER, EITHER, EITHER, WORKING, EITHER_QUESTION, EITHER } },
  { 409, OWN, { REJECTED, OWN_RETRY, LOOK, WORKING, NOT_ATTACHED, OWN_RETRY } },
  { 409, BARE, ASKED (STRANGER, NOT_ATTACHED) },
  { 409, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 410, OWN, { STRANGER, GONE, GONE, GONE, NOT_ATTACHED, GONE } },
  { 410, BARE, ASKED (STRANGER, NOT_ATTACHED) },
  { 410, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 411, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 412, OWN, ASKED (STRANGER, NOT_ATTACHED) },
  { 413, OWN, ASKED (TOO_LARGE, NOT_ATTACHED) },
  { 413, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 414, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 415, OWN, ASKED (REJECTED, NOT_ATTACHED) },
  { 418, OWN, ASKED (REJECTED, NOT_ATTACHED) },
  { 421, BARE, ASKED (EITHER, EITHER_QUESTION) },
  { 421, OWN, ASKED (EITHER, EITHER_QUESTION) },
  { 422, OWN, ASKED (REJECTED, NOT_ATTACHED) },
  { 422, BARE, ASKED (STRANGER, NOT_ATTACHED) },
  { 423, OWN, { EITHER, OWN_RETRY, OWN_RETRY, WORKING, EITHER_QUESTION, OWN_RETRY } },
  { 423, BARE, { EITHER, OWN_RETRY, OWN_RETRY, WORKING, EITHER_QUESTION, OWN_RETRY } },
  { 425, BARE, ASKED (RETRY, EITHER_QUESTION) },
  { 426, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 426, OWN, ASKED (STRANGER, OWN_QUESTION) },
  { 428, OWN, ASKED (REJECTED, NOT_ATTACHED) },
  { 429, OWN, ASKED (RETRY, EITHER_QUESTION) },
  { 429, PAGE, ASKED (RETRY, EITHER_QUESTION) },
  { 431, OWN, ASKED (REJECTED, NOT_ATTACHED) },
  { 431, PAGE, ASKED (STRANGER, OWN_QUESTION) },
  { 451, BARE, ASKED (BLOCKED, OWN_QUESTION) },
  { 451, OWN, ASKED (BLOCKED, OWN_QUESTION) },
  { 460, OWN, { REJECTED, REJECTED, RESEND, RESEND, NOT_ATTACHED, REJECTED } },
  { 460, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 499, BARE, ASKED (STRANGER, OWN_QUESTION) },
  { 500, OWN, { EITHER, OWN_RETRY, EITHER, EITHER, EITHER_QUESTION, EITHER } },
  { 500, PAGE, { EITHER, OWN_RETRY, EITHER, EITHER, EITHER_QUESTION, EITHER } },
  { 501, OWN, { STRANGER, EITHER, EITHER, EITHER, EITHER_QUESTION, EITHER } },
  { 501, BARE, ASKED (EITHER, EITHER_QUESTION) },
  { 502, PAGE, ASKED (EITHER, EITHER_QUESTION) },
  { 503, OWN, ASKED (EITHER, EITHER_QUESTION) },
  { 503, PAGE, ASKED (EITHER, EITHER_QUESTION) },
  { 504, PAGE, { EITHER, EITHER, EITHER, WORKING, EITHER_QUESTION, EITHER } },
  { 504, BARE, { EITHER, EITHER, EITHER, WORKING, EITHER_QUESTION, EITHER } },
  { 507, OWN, ASKED (FULL, EITHER_QUESTION) },
  { 507, BARE, ASKED (FULL, EITHER_QUESTION) },
  { 511, PAGE, ASKED (PORTAL, OWN_QUESTION) },
  { 511, BARE, ASKED (PORTAL, OWN_QUESTION) },
  { 520, PAGE, ASKED (EITHER, EITHER_QUESTION) },
  { 524, PAGE, { EITHER, EITHER, EITHER, WORKING, EITHER_QUESTION, EITHER } },
  { 599, BARE, ASKED (EITHER, EITHER_QUESTION) },
  { 200, OWN | ELSEWHERE, ASKED (NEXT, NEXT_QUESTION) },
  { 202, OWN | ELSEWHERE, ASKED (NEXT, NOT_YET) },
  { 401, OWN | ELSEWHERE, ASKED (SIGN_IN, EITHER_QUESTION) },
  { 401, CHALLENGE | ELSEWHERE, ASKED (SIGN_IN, EITHER_QUESTION) },
  { 403, OWN | ELSEWHERE, ASKED (FORBIDDEN, EITHER_QUESTION) },
  { 403, OWN | TOKEN | ELSEWHERE, ASKED (SIGN_IN, EITHER_QUESTION) },
  { 404, OWN | ELSEWHERE, { STRANGER, GONE, GONE, GONE, OWN_QUESTION, GONE } },
  { 407, BARE | ELSEWHERE, ASKED (PROXY, OWN_QUESTION) },
  { 422, OWN | ELSEWHERE, ASKED (REJECTED, NOT_ATTACHED) },
  { 451, BARE | ELSEWHERE, ASKED (BLOCKED, OWN_QUESTION) },
  { 511, PAGE | ELSEWHERE, ASKED (PORTAL, OWN_QUESTION) },
};

/* What was cut or kept waiting at the end, when every byte was there, may be worked on. */
#define CUT                                                  \
  {                                                          \
    EITHER, EITHER, EITHER, WORKING, EITHER_QUESTION, EITHER \
  }

typedef struct
{
  GQuark (*get_domain) (void);
  int code;
  const char *meanings[OB_N_STAGES];
} ErrorRow;

static const ErrorRow error_rows[] = {
  { g_tls_error_quark, G_TLS_ERROR_BAD_CERTIFICATE, ALL (CERTIFICATE) },
  { g_tls_error_quark, G_TLS_ERROR_CERTIFICATE_REQUIRED, ALL (CERTIFICATE) },
  { g_tls_error_quark, G_TLS_ERROR_INAPPROPRIATE_FALLBACK, ALL (CERTIFICATE) },
  { g_tls_error_quark, G_TLS_ERROR_NOT_TLS, ASKED (EITHER, EITHER_QUESTION) },
  { g_tls_error_quark, G_TLS_ERROR_HANDSHAKE, ASKED (EITHER, EITHER_QUESTION) },
  { g_tls_error_quark, G_TLS_ERROR_EOF, ASKED (EITHER, EITHER_QUESTION) },
  { g_tls_error_quark, G_TLS_ERROR_MISC, ASKED (EITHER, EITHER_QUESTION) },
  { g_tls_error_quark, G_TLS_ERROR_UNAVAILABLE, ASKED (EITHER, EITHER_QUESTION) },
  { g_resolver_error_quark, G_RESOLVER_ERROR_NOT_FOUND, ASKED (RETRY, QUESTION) },
  { g_resolver_error_quark, G_RESOLVER_ERROR_TEMPORARY_FAILURE, ASKED (RETRY, QUESTION) },
  { g_resolver_error_quark, G_RESOLVER_ERROR_INTERNAL, ASKED (RETRY, QUESTION) },
  { g_io_error_quark, G_IO_ERROR_CONNECTION_REFUSED, ASKED (RETRY, QUESTION) },
  { g_io_error_quark, G_IO_ERROR_HOST_NOT_FOUND, ASKED (RETRY, QUESTION) },
  { g_io_error_quark, G_IO_ERROR_HOST_UNREACHABLE, ASKED (RETRY, QUESTION) },
  { g_io_error_quark, G_IO_ERROR_NETWORK_UNREACHABLE, ASKED (RETRY, QUESTION) },
  { g_io_error_quark, G_IO_ERROR_PROXY_FAILED, ALL (PROXY) },
  { g_io_error_quark, G_IO_ERROR_PROXY_AUTH_FAILED, ALL (PROXY) },
  { g_io_error_quark, G_IO_ERROR_PROXY_NEED_AUTH, ALL (PROXY) },
  { g_io_error_quark, G_IO_ERROR_PROXY_NOT_ALLOWED, ALL (PROXY) },
  { g_io_error_quark, G_IO_ERROR_CONNECTION_CLOSED, CUT },
  { g_io_error_quark, G_IO_ERROR_BROKEN_PIPE, CUT },
  { g_io_error_quark, G_IO_ERROR_PARTIAL_INPUT, CUT },
  { g_io_error_quark, G_IO_ERROR_TIMED_OUT, CUT },
  { g_io_error_quark, G_IO_ERROR_INVALID_DATA, CUT },
  { g_io_error_quark, G_IO_ERROR_FAILED, CUT },
  { soup_session_error_quark, SOUP_SESSION_ERROR_PARSING, CUT },
  { soup_session_error_quark, SOUP_SESSION_ERROR_ENCODING, CUT },
};

static const char *
get_turn (ObVerdict verdict)
{
  switch (verdict)
    {
    case OB_VERDICT_LOOK:
      return " look";
    case OB_VERDICT_RESEND:
      return " resend";
    case OB_VERDICT_GONE:
      return " gone";
    case OB_VERDICT_NOT_YET:
      return " not-yet";
    default:
      return "";
    }
}

static char *
describe (const ObOutcome *outcome, ObStage stage)
{
  static const char *const scopes[] = { [OUTBOX_SCOPE_NONE] = "-",
                                        [OUTBOX_SCOPE_UPLOAD] = "upload",
                                        [OUTBOX_SCOPE_DESTINATION] = "destination",
                                        [OUTBOX_SCOPE_UPLOAD | OUTBOX_SCOPE_DESTINATION] = "either" };
  OutboxReason reason;
  OutboxState state = ob_outcome_get_public (outcome, stage, &reason);

  return g_strdup_printf ("%s %s%s%s%s", scopes[outcome->scope], outbox_state_get_info (state)->name, reason ? " " : "",
                          outbox_reason_get_info (reason)->name, get_turn (outcome->verdict));
}

/* What a person reads of it stands in the page that says so. */
static void
assert_is_told (const ObOutcome *outcome, ObStage stage, const char *page)
{
  OutboxReason reason;
  OutboxState state = ob_outcome_get_public (outcome, stage, &reason);
  g_autofree char *label = outbox_status_label (state, reason, 0, 0, 42, 100, OUTBOX_LABEL_TERMINAL);

  if (!strstr (page, label))
    g_error ("docs/states.md does not say “%s”", label);
}

static void
check (const ObReply *reply, const char *meaning, const char *page)
{
  ObOutcome outcome = ob_outcome_from_reply (reply, ob_tus_protocol.verdict, NOW_MS);
  g_autofree char *text = describe (&outcome, reply->stage);

  g_assert_cmpstr (text, ==, meaning);
  assert_is_told (&outcome, reply->stage, page);
}

static void
assert_what_always_holds (const ObProtocol *protocol, const ObReply *reply, const ObOutcome *outcome)
{
  gboolean is_plain = protocol == &ob_put_protocol;
  gboolean is_server = reply->has_protocol || reply->has_challenge;

  /* What a protocol resumes by is dropped for nothing but the server's own 404 and 410. */
  if (outcome->verdict == OB_VERDICT_GONE)
    g_assert_true ((is_plain || reply->has_protocol) && (reply->status == 404 || reply->status == 410));
  /* An error is never left to be taken for a success. */
  if (reply->status >= 300)
    g_assert_cmpuint (outcome->verdict, !=, OB_VERDICT_UNDECIDED);
  /* Nobody but the server asks for credentials, and nobody else fails an upload; a confirm URL refuses in plain words. */
  if (outcome->verdict == OB_VERDICT_SIGN_IN || outcome->verdict == OB_VERDICT_FORBIDDEN)
    g_assert_true (is_server || (is_plain && reply->status == 403 && reply->has_credentials && !reply->is_page));
  if (outcome->verdict == OB_VERDICT_FAIL && reply->stage != OB_STAGE_CONFIRM)
    g_assert_true (reply->has_protocol || (is_plain && reply->status == 413));
  if (outcome->verdict == OB_VERDICT_FAIL)
    g_assert_cmpuint (outcome->reason, !=, OUTBOX_REASON_NONE);
  if (reply->status >= 500)
    g_assert_cmpuint (outcome->verdict, !=, OB_VERDICT_FAIL);
  /* A page is never the word of a program: nothing is over by it. */
  if (reply->is_page && !is_server && !(is_plain && reply->status == 413))
    g_assert_true (outcome->verdict != OB_VERDICT_FAIL && outcome->verdict != OB_VERDICT_NOT_YET);
  /* No trouble of who answers questions elsewhere is the destination's alone. */
  if (reply->stage == OB_STAGE_CONFIRM && reply->is_elsewhere)
    g_assert_cmpuint (outcome->scope, !=, OUTBOX_SCOPE_DESTINATION);
  /* What is held has a reason that can hold a destination. */
  if (outcome->verdict == OB_VERDICT_HOLD)
    g_assert_true (outbox_reason_get_info (outcome->reason)->scopes & OUTBOX_SCOPE_DESTINATION);
}

static void
test_a_table_of_replies (void)
{
  g_autofree char *page = NULL;
  guint n_rows = 0;

  g_assert_true (g_file_get_contents (g_getenv ("STATES_PAGE"), &page, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (status_rows); i++)
    for (guint stage = 0; stage < OB_N_STAGES; stage++, n_rows++)
      {
        const StatusRow *row = &status_rows[i];
        const ObReply reply = { .stage = stage,
                                .status = row->status,
                                .has_protocol = (row->dress & OWN) != 0,
                                .is_page = (row->dress & PAGE) != 0,
                                .has_challenge = (row->dress & CHALLENGE) != 0,
                                .has_credentials = (row->dress & TOKEN) != 0,
                                .is_elsewhere = (row->dress & ELSEWHERE) != 0 };

        g_test_message ("%u, dressed as %u, at stage %u", row->status, row->dress, stage);
        check (&reply, row->meanings[stage], page);
      }
  for (guint i = 0; i < G_N_ELEMENTS (error_rows); i++)
    for (guint stage = 0; stage < OB_N_STAGES; stage++, n_rows++)
      {
        const ErrorRow *row = &error_rows[i];
        g_autoptr (GError) error = g_error_new_literal (row->get_domain (), row->code, "in place of an answer");
        const ObReply reply = { .stage = stage, .error = error };
        ObReply elsewhere = reply;
        ObOutcome outcome;

        elsewhere.is_elsewhere = TRUE;
        outcome = ob_outcome_from_reply (&elsewhere, ob_tus_protocol.verdict, NOW_MS);
        assert_what_always_holds (&ob_tus_protocol, &elsewhere, &outcome);
        g_test_message ("%s %d at stage %u", g_quark_to_string (error->domain), error->code, stage);
        check (&reply, row->meanings[stage], page);
      }
  g_test_message ("%u rows", n_rows);
  g_assert_cmpuint (n_rows, >=, 150);
}

static void
test_what_holds_for_every_reply (void)
{
  for (guint stage = 0; stage < OB_N_STAGES; stage++)
    for (guint status = 100; status < 600; status++)
      for (guint dress = 0; dress < DRESSES; dress++)
        {
          const ObReply reply = { .stage = stage,
                                  .status = status,
                                  .has_protocol = (dress & OWN) != 0,
                                  .is_page = (dress & PAGE) != 0,
                                  .has_challenge = (dress & CHALLENGE) != 0,
                                  .has_credentials = (dress & TOKEN) != 0,
                                  .is_elsewhere = (dress & ELSEWHERE) != 0 };

          for (const ObProtocol *const *protocol = ob_protocol_list (); *protocol; protocol++)
            {
              ObOutcome outcome = ob_outcome_from_reply (&reply, (*protocol)->verdict, NOW_MS);

              assert_what_always_holds (*protocol, &reply, &outcome);
            }
        }
}

static void
test_retry_after (void)
{
  const char *const now = "Sat, 24 Oct 2026 10:00:00 GMT";
  const struct
  {
    const char *value;
    const char *date; /* the server's */
    gint64 delay_ms;
  } rows[] = {
    { NULL, NULL, -1 },
    { "", NULL, -1 },
    { "soon", NULL, -1 },
    { "-5", NULL, -1 },
    { "1e3", NULL, -1 },
    { "12 monkeys", NULL, -1 },
    { "99999999999999999999", NULL, G_MAXINT32 * G_GINT64_CONSTANT (1000) },
    { "0", NULL, 0 },
    { "120", NULL, 120000 },
    { "Sat, 24 Oct 2026 10:01:00 GMT", NULL, 60000 },
    { "Sat, 24 Oct 2026 09:00:00 GMT", NULL, 0 },
    { "Wed, 01 Jan 2020 00:00:00 GMT", NULL, 0 },
    { "Sat, 24 Oct 2026 10:01:00 GMT", now, 60000 },
    /* The device's clock runs ahead of the server's, or behind. */
    { "Wed, 01 Jan 2020 00:01:00 GMT", "Wed, 01 Jan 2020 00:00:00 GMT", 60000 },
    { "Fri, 01 Jan 2100 00:01:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", 60000 },
    { "Sat, 24 Oct 2026 10:01:00 GMT", "yesterday", 60000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (ob_outcome_parse_retry_after (rows[i].value, rows[i].date, NOW_MS), ==, rows[i].delay_ms);
}

/* Whatever it is about, and whoever's trouble it is. */
static void
test_a_wish_is_kept_with_every_answer (void)
{
  const guint statuses[] = { 202, 404, 413, 423, 429, 500, 503, 507 };

  for (guint stage = 0; stage < OB_N_STAGES; stage++)
    for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
      {
        const ObReply later = { .stage = stage, .status = statuses[i], .retry_after = "7" };
        const ObReply soon = { .stage = stage, .status = statuses[i], .retry_after = "0" };
        const ObReply plain = { .stage = stage, .status = statuses[i] };

        g_assert_cmpint (ob_outcome_from_reply (&later, ob_tus_protocol.verdict, NOW_MS).retry_after_ms, ==, 7000);
        g_assert_cmpint (ob_outcome_from_reply (&soon, ob_tus_protocol.verdict, NOW_MS).retry_after_ms, ==, 0);
        g_assert_cmpint (ob_outcome_from_reply (&plain, ob_tus_protocol.verdict, NOW_MS).retry_after_ms, ==, -1);
        g_assert_cmpuint (ob_outcome_from_reply (&later, ob_tus_protocol.verdict, NOW_MS).scope, ==,
                          ob_outcome_from_reply (&plain, ob_tus_protocol.verdict, NOW_MS).scope);
      }
}

static void
test_a_certificate_says_what_may_be_wrong (void)
{
  g_assert_nonnull (strstr (ob_outcome_explain_certificate (G_TLS_CERTIFICATE_EXPIRED), "clock"));
  g_assert_nonnull (strstr (ob_outcome_explain_certificate (G_TLS_CERTIFICATE_NOT_ACTIVATED), "clock"));
  g_assert_nonnull (
      strstr (ob_outcome_explain_certificate (G_TLS_CERTIFICATE_BAD_IDENTITY | G_TLS_CERTIFICATE_UNKNOWN_CA),
              "network"));
  for (guint flag = G_TLS_CERTIFICATE_UNKNOWN_CA; flag <= G_TLS_CERTIFICATE_GENERIC_ERROR; flag <<= 1)
    g_assert_nonnull (ob_outcome_explain_certificate (flag));
  g_assert_null (ob_outcome_explain_certificate (G_TLS_CERTIFICATE_NO_FLAGS));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/outcome/a-table-of-replies", test_a_table_of_replies);
  g_test_add_func ("/outcome/what-holds-for-every-reply", test_what_holds_for_every_reply);
  g_test_add_func ("/outcome/retry-after", test_retry_after);
  g_test_add_func ("/outcome/a-wish-is-kept-with-every-answer", test_a_wish_is_kept_with_every_answer);
  g_test_add_func ("/outcome/a-certificate-says-what-may-be-wrong", test_a_certificate_says_what_may_be_wrong);

  return g_test_run ();
}
