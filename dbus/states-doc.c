/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints docs/states.md from the tables of the status model. A test holds the committed page to its output. Plain
 * printf: g_print would turn what the locale lacks into question marks.
 */
#include "dbus/command.h"
#include "dbus/label.h"
#include "transfer/put-verdict.h"
#include "transfer/tus-verdict.h"

#include <stdio.h>

static void
print_scopes (guint scopes)
{
  const char *separator = "";

  for (guint bit = OUTBOX_SCOPE_QUEUE; bit <= OUTBOX_SCOPE_UPLOAD; bit <<= 1)
    if (scopes & bit)
      {
        printf ("%s%s", separator, outbox_scope_get_name (bit));
        separator = ", ";
      }
  if (scopes == 0)
    printf ("–");
}

/* One for each scope in which there is one. */
static void
print_commands (OutboxReason reason)
{
  const char *separator = "";

  for (guint bit = OUTBOX_SCOPE_QUEUE; bit <= OUTBOX_SCOPE_UPLOAD; bit <<= 1)
    {
      g_autofree char *command = outbox_reason_dup_command (reason, bit, bit == OUTBOX_SCOPE_UPLOAD ? "ID" : "NAME");

      if (command)
        printf ("%s`%s`", separator, command);
      if (command)
        separator = "<br>";
    }
}

static const char *const stage_names[OB_N_STAGES] = { "asking for an upload URL", "asking for the offset", "sending",
                                                      "every byte is sent",       "asking to confirm",     "removing" };

static void
print_label (ObReply reply, ObStage stage, ObVerdictFunc verdict)
{
  OutboxReason reason;
  OutboxState state;
  ObOutcome outcome;
  g_autofree char *label = NULL;

  reply.stage = stage;
  outcome = ob_outcome_from_reply (&reply, verdict, 0);
  state = ob_outcome_get_public (&outcome, stage, &reason);
  label = outbox_status_label (state, reason, 0, 0, 42, 100, OUTBOX_LABEL_TERMINAL);
  printf (" %s |", label);
}

static void
print_reply (ObReply reply, const char *what)
{
  printf ("| %s |", what);
  for (guint stage = 0; stage < OB_STAGE_TERMINATE; stage++)
    print_label (reply, stage, ob_tus_verdict);
  printf ("\n");
}

static void
print_put_reply (ObReply reply, const char *what)
{
  printf ("| %s |", what);
  print_label (reply, OB_STAGE_LOOK, ob_put_verdict);
  print_label (reply, OB_STAGE_SEND, ob_put_verdict);
  printf ("\n");
}

static void
print_put (void)
{
  static const guint statuses[]
      = { 200, 201, 204, 302, 401, 403, 404, 405, 409, 410, 412, 413, 414, 415, 422, 423, 429, 500, 503, 504, 507 };

  printf (
      "\n## Answers to the protocol `http`\n\n"
      "Plain HTTP has no header of its own that tells a server from what stands in its way: what answers PUT with a "
      "success is asked once more, and must have a file of that size, before the file is called uploaded.\n\n"
      "| status | asking whether it is there | sending |\n|---|---|---|\n");
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *what = g_strdup_printf ("%u", statuses[i]);

      print_put_reply ((ObReply){ .status = statuses[i] }, what);
      if (statuses[i] == 401)
        print_put_reply ((ObReply){ .status = 401, .has_challenge = TRUE }, "401, with a challenge");
      if (statuses[i] == 403)
        print_put_reply ((ObReply){ .status = 403, .has_credentials = TRUE }, "403, with credentials");
    }
}

static void
print_heading (const char *what)
{
  printf ("\n| %s |", what);
  for (guint stage = 0; stage < OB_STAGE_TERMINATE; stage++)
    printf (" %s |", stage_names[stage]);
  printf ("\n|---|---|---|---|---|---|\n");
}

static void
print_statuses (const char *heading, gboolean is_server)
{
  static const guint statuses[] = { 200, 302, 400, 401, 403, 404, 405, 408, 409, 410, 413,
                                    422, 423, 429, 431, 451, 460, 500, 502, 503, 504, 507 };

  print_heading (heading);
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *what = g_strdup_printf ("%u", statuses[i]);
      const ObReply reply = { .status = statuses[i], .has_protocol = is_server, .is_page = !is_server };

      print_reply (reply, what);
      if (is_server && (statuses[i] == 403))
        print_reply ((ObReply){ .status = 403, .has_protocol = TRUE, .has_credentials = TRUE },
                     "403, with credentials");
      if (!is_server && statuses[i] == 401)
        {
          print_reply ((ObReply){ .status = 401, .is_page = TRUE, .has_challenge = TRUE }, "401, with a challenge");
          print_reply ((ObReply){ .status = 401, .is_page = TRUE, .has_challenge = TRUE, .is_elsewhere = TRUE },
                       "401, with a challenge; a confirm URL elsewhere");
        }
    }
}

static void
print_errors (void)
{
  static const struct
  {
    GQuark (*get_domain) (void);
    int code;
    const char *what;
  } errors[] = {
    { g_tls_error_quark, G_TLS_ERROR_BAD_CERTIFICATE, "a certificate that cannot be verified" },
    { g_tls_error_quark, G_TLS_ERROR_NOT_TLS, "no TLS" },
    { g_resolver_error_quark, G_RESOLVER_ERROR_NOT_FOUND, "no such name" },
    { g_io_error_quark, G_IO_ERROR_CONNECTION_REFUSED, "connection refused" },
    { g_io_error_quark, G_IO_ERROR_HOST_UNREACHABLE, "unreachable" },
    { g_io_error_quark, G_IO_ERROR_PROXY_AUTH_FAILED, "the proxy refuses" },
    { g_io_error_quark, G_IO_ERROR_CONNECTION_CLOSED, "the connection is cut" },
    { g_io_error_quark, G_IO_ERROR_TIMED_OUT, "no answer in time" },
  };

  print_heading ("no answer");
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (errors[i].get_domain (), errors[i].code, "");

      print_reply ((ObReply){ .error = error }, errors[i].what);
    }
  print_reply ((ObReply){ .status = 407 }, "407, by a proxy");
  print_reply ((ObReply){ .status = 511 }, "511, by a portal");
}

static void
print_answers (void)
{
  printf (
      "\n## Answers of servers\n\n"
      "What a person reads after an answer, or after what came in its place. While it says *Uploading*, the attempt "
      "goes on "
      "by itself: it looks for the offset, sends a chunk again, or makes a new upload URL. Trouble of which it is not "
      "known "
      "whether it is one upload's or everybody's (5xx, a cut, an answer that is not the server's) holds that upload, "
      "and another is tried at once; only if that fails as well, everything for the destination waits, and one upload "
      "tries "
      "it now and then.\n");
  print_statuses ("by the server: with the protocol's own header, or JSON of a confirm URL", TRUE);
  print_statuses ("by anything else: a page", FALSE);
  print_errors ();
  print_put ();
}

static void
print_rungs (void)
{
  printf ("\n## Rungs of a receipt\n\n"
          "Of what is `done` the receipt names its rung; each is worth more than those above it. See "
          "[receipts](receipts.md) for who can give which.\n\n"
          "| rung | a person reads | meaning |\n|---|---|---|\n");
  for (guint i = 1; i < OUTBOX_N_RUNGS; i++)
    {
      const OutboxRungInfo *info = outbox_rung_get_info (i);

      printf ("| `%s` | %s | %s |\n", info->name, info->label, info->meaning);
    }
}

int
main (void)
{
  printf ("# States and reasons\n\n"
          "This page is made from the tables in `dbus/status.c` (`meson compile -C build states-doc`); "
          "do not edit it by hand.\n\n"
          "## States\n\n"
          "| state | a person reads | when | what Outbox does next | what a person can do |\n"
          "|---|---|---|---|---|\n");
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    {
      const OutboxStateInfo *info = outbox_state_get_info (i);
      g_autofree char *label = outbox_status_label (i, OUTBOX_REASON_NONE, 0, 0, 42, 100, OUTBOX_LABEL_TERMINAL);

      printf ("| `%s` | %s | %s | %s | %s |\n", info->name, label, info->meaning, info->next, info->person);
    }

  printf ("\n## Reasons\n\n"
          "Several can hold at once; the list is in the order in which they are told.\n\n"
          "| reason | holds a | a person reads | needs a person | what Outbox does next | what a person can do | "
          "command |\n"
          "|---|---|---|---|---|---|---|\n");
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    {
      const OutboxReasonInfo *info = outbox_reason_get_info (i);

      printf ("| `%s` | ", info->name);
      print_scopes (info->scopes);
      printf (" | %s | %s | %s | %s | ", info->label,
              info->needs_user                   ? "yes"
              : i == OUTBOX_REASON_WRONG_ADDRESS ? "after ten minutes"
                                                 : "no",
              info->next, info->person);
      print_commands (i);
      printf (" |\n");
    }
  print_rungs ();
  print_answers ();

  return 0;
}
