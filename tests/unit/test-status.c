/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The status model: names, labels, the generated page, the error table.
 */
#include "dbus/command.h"
#include "dbus/error.h"
#include "dbus/label.h"
#include "dbus/names.h"

#include <locale.h>

static void
test_every_name_leads_back (void)
{
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    {
      OutboxState state;

      g_assert_true (outbox_state_from_name (outbox_state_get_info (i)->name, &state));
      g_assert_cmpuint (state, ==, i);
    }
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    g_assert_cmpuint (outbox_reason_from_name (outbox_reason_get_info (i)->name), ==, i);
  g_assert_cmpuint (outbox_reason_from_name ("no such reason"), ==, OUTBOX_REASON_NONE);
  g_assert_cmpuint (outbox_reason_from_name (NULL), ==, OUTBOX_REASON_NONE);
}

static void
test_everything_is_explained (void)
{
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    {
      const OutboxStateInfo *info = outbox_state_get_info (i);

      g_assert_true (info->label && *info->label && *info->meaning && *info->next && *info->person);
    }
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    {
      const OutboxReasonInfo *info = outbox_reason_get_info (i);

      g_assert_true (info->label && *info->label && *info->next && *info->person);
      /* A failure waits for a person; a hold that needs one says so itself. */
      if (g_str_has_prefix (info->label, "Failed"))
        g_assert_true (info->needs_user && info->scopes == OUTBOX_SCOPE_NONE);
    }
}

/* What needs a person has a command, in each scope in which it holds, or for the upload that it stopped; and none is told where nothing
 * holds. */
static void
test_commands (void)
{
  for (guint reason = 1; reason < OUTBOX_N_REASONS; reason++)
    for (guint scope = OUTBOX_SCOPE_QUEUE; scope <= OUTBOX_SCOPE_UPLOAD; scope <<= 1)
      {
        const OutboxReasonInfo *info = outbox_reason_get_info (reason);
        g_autofree char *command = outbox_reason_dup_command (reason, scope, "depot");
        const gboolean is_there
            = info->scopes ? info->scopes & scope : info->needs_user && scope == OUTBOX_SCOPE_UPLOAD;

        if (info->needs_user && is_there)
          g_assert_nonnull (command);
        if (command)
          g_assert_true (is_there && g_str_has_prefix (command, "outbox ") && !strchr (command, '%'));
      }
}

static void
test_a_command_can_be_typed (void)
{
  const struct
  {
    const char *key;
    const char *command;
  } rows[] = { { "case-7", "outbox group resume case-7" },
               { "Fall 7; rm -rf ~", "outbox group resume 'Fall 7; rm -rf ~'" },
               { "it's", "outbox group resume 'it'\\''s'" },
               { "", "outbox group resume ''" },
               { "50 %s", "outbox group resume '50 %s'" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *command = outbox_reason_dup_command (OUTBOX_REASON_USER, OUTBOX_SCOPE_GROUP, rows[i].key);

      g_assert_cmpstr (command, ==, rows[i].command);
    }
}

static void
test_labels (void)
{
  const struct
  {
    OutboxState state;
    OutboxReason reason;
    gint64 until_ms;
    guint64 offset;
    const char *label;
  } rows[] = {
    { OUTBOX_STATE_QUEUED, 0, 0, 0, "Saved on this device · waiting its turn" },
    { OUTBOX_STATE_UPLOADING, 0, 0, 42, "Uploading · 42 %" },
    { OUTBOX_STATE_UPLOADING, 0, 0, 0, "Uploading · 0 %" },
    { OUTBOX_STATE_UPLOADING, 0, 0, 999, "Uploading · 100 %" },
    { OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 1000, 0, "Retrying now" },
    { OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 1001, 0, "Retrying in 1 s" },
    { OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 121000, 0, "Retrying in 2 min" },
    { OUTBOX_STATE_RETRYING, OUTBOX_REASON_RETRYING, 7201000, 0, "Retrying in 2 h" },
    { OUTBOX_STATE_PAUSED, OUTBOX_REASON_NO_NETWORK, 0, 0, "Paused · no network" },
    { OUTBOX_STATE_FAILED, OUTBOX_REASON_REJECTED, 0, 0, "Failed · the server refused it" },
    { OUTBOX_STATE_CONFIRMING, OUTBOX_REASON_NOT_CONFIRMED_YET, 0, 0, "Uploaded · waiting for the server to confirm" },
    { OUTBOX_STATE_CONFIRMING, OUTBOX_REASON_SERVER_WORKING, 0, 0, "Uploaded · the server is still processing it" },
    { OUTBOX_STATE_DONE, 0, 0, 100, "Uploaded" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *label = outbox_status_label (rows[i].state, rows[i].reason, rows[i].until_ms, 1000,
                                                    rows[i].offset, 100, OUTBOX_LABEL_TERMINAL);

      g_assert_cmpstr (label, ==, rows[i].label);
    }
}

static void
test_groups (void)
{
  enum
  {
    SAVING = OUTBOX_STATE_SAVING,
    QUEUED = OUTBOX_STATE_QUEUED,
    UPLOADING = OUTBOX_STATE_UPLOADING,
    CONFIRMING = OUTBOX_STATE_CONFIRMING,
    RETRYING = OUTBOX_STATE_RETRYING,
    PAUSED = OUTBOX_STATE_PAUSED,
    FAILED = OUTBOX_STATE_FAILED,
    DONE = OUTBOX_STATE_DONE,
    WIFI = OUTBOX_REASON_WAIT_WIFI,
    ASK = OUTBOX_REASON_ASK,
    USER = OUTBOX_REASON_USER,
  };
  const struct
  {
    OutboxGroupCounts counts;
    const char *line;
    const char *sentences;
    const char *chip;
  } rows[] = {
    { { .states = { 0 } }, "Nothing to upload", "Nothing to upload.", "Nothing to upload" },
    { { .states = { [DONE] = 22 } }, "22 of 22 uploaded", "22 of 22 uploaded.", "22 of 22 uploaded" },
    { { .states = { [UPLOADING] = 1 } }, "Uploading 0 of 1", "Uploading 0 of 1.", "Uploading 0 of 1" },
    { { .states = { [UPLOADING] = 2, [CONFIRMING] = 1, [DONE] = 3, [QUEUED] = 15, [PAUSED] = 1 },
        .reasons = { [WIFI] = 1 } },
      "Uploading 3 of 22 · 1 waits for Wi-Fi",
      "Uploading 3 of 22. 1 waits for Wi-Fi.",
      "Uploading 3 of 22" },
    { { .states = { [UPLOADING] = 1, [DONE] = 3, [PAUSED] = 4, [RETRYING] = 2, [FAILED] = 2 },
        .reasons = { [WIFI] = 3, [ASK] = 1 } },
      "Uploading 3 of 12 · 2 need attention · 1 waits for your answer",
      "Uploading 3 of 12. 2 need attention. 1 waits for your answer.",
      "Uploading 3 of 12" },
    { { .states = { [SAVING] = 2, [QUEUED] = 3 } },
      "Saving 4 of 5 on this device",
      "Saving 4 of 5 on this device.",
      "Saving 4 of 5 on this device" },
    { { .states = { [CONFIRMING] = 2, [DONE] = 20 } },
      "20 of 22 uploaded · 2 wait for the server to confirm",
      "20 of 22 uploaded. 2 wait for the server to confirm.",
      "20 of 22 uploaded" },
    { { .states = { [QUEUED] = 5 } },
      "Saved on this device · waiting its turn",
      "Waiting its turn.",
      "Waiting its turn" },
    { { .states = { [QUEUED] = 4, [DONE] = 1 } },
      "Saved on this device · waiting its turn · 1 of 5 uploaded",
      "Waiting its turn. 1 of 5 uploaded.",
      "Waiting its turn" },
    { { .states = { [RETRYING] = 2, [PAUSED] = 1, [DONE] = 1 }, .reasons = { [WIFI] = 1 }, .until_ms = 121000 },
      "Retrying in 2 min · 1 of 4 uploaded · 1 waits for Wi-Fi",
      "Retrying in 2 min. 1 of 4 uploaded. 1 waits for Wi-Fi.",
      "Retrying in 2 min" },
    { { .states = { [PAUSED] = 2 }, .reasons = { [WIFI] = 2 } },
      "Paused · waiting for Wi-Fi",
      "Paused. 2 wait for Wi-Fi.",
      "Waiting for Wi-Fi" },
    { { .states = { [PAUSED] = 2, [DONE] = 20 }, .reasons = { [WIFI] = 2 } },
      "Paused · waiting for Wi-Fi · 20 of 22 uploaded",
      "Paused. 20 of 22 uploaded. 2 wait for Wi-Fi.",
      "Waiting for Wi-Fi" },
    { { .states = { [PAUSED] = 3 }, .reasons = { [WIFI] = 1, [USER] = 2 } },
      "Paused · 2 are paused by you · 1 waits for Wi-Fi",
      "Paused. 2 are paused by you. 1 waits for Wi-Fi.",
      "Paused" },
    { { .states = { [PAUSED] = 1, [FAILED] = 1 }, .reasons = { [WIFI] = 1 } },
      "Paused · waiting for Wi-Fi · 1 needs attention",
      "Paused. 1 needs attention. 1 waits for Wi-Fi.",
      "Waiting for Wi-Fi" },
    { { .states = { [FAILED] = 2, [DONE] = 20 } },
      "Failed · 2 of 22 need attention · 20 of 22 uploaded",
      "Failed. 20 of 22 uploaded. 2 need attention.",
      "Failed" },
    { { .states = { [FAILED] = 1 } }, "Failed · 1 of 1 needs attention", "Failed. 1 needs attention.", "Failed" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *line = outbox_group_label (&rows[i].counts, 1000, OUTBOX_LABEL_TERMINAL);
      g_autofree char *sentences = outbox_group_label (&rows[i].counts, 1000, OUTBOX_LABEL_NOTIFICATION);
      g_autofree char *chip = outbox_group_label (&rows[i].counts, 1000, OUTBOX_LABEL_WEB);

      g_assert_cmpstr (line, ==, rows[i].line);
      g_assert_cmpstr (sentences, ==, rows[i].sentences);
      g_assert_cmpstr (chip, ==, rows[i].chip);
    }
}

static void
test_page_is_in_step (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *printed = NULL;
  g_autofree char *committed = NULL;
  const char *argv[] = { g_getenv ("STATES_DOC"), NULL };

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &printed, NULL, NULL, &error);
  g_assert_no_error (error);
  g_file_get_contents (g_getenv ("STATES_PAGE"), &committed, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (printed, ==, committed);
}

static void
test_errors_cross_the_bus (void)
{
  for (guint code = OUTBOX_ERROR_FAILED; code <= OUTBOX_ERROR_NO_BROKER; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (OUTBOX_ERROR, code, "words");
      g_autofree char *name = g_dbus_error_encode_gerror (error);
      g_autoptr (GError) back = g_dbus_error_new_for_dbus_error (name, "words");

      g_assert_true (g_str_has_prefix (name, OUTBOX_ERROR_PREFIX));
      g_assert_true (g_str_has_suffix (name, outbox_error_get_name (code)));
      g_assert_error (back, OUTBOX_ERROR, (int) code);
      g_assert_cmpuint (outbox_error_get_http_status (code), >=, 400);
    }
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/status/every-name-leads-back", test_every_name_leads_back);
  g_test_add_func ("/status/everything-is-explained", test_everything_is_explained);
  g_test_add_func ("/status/commands", test_commands);
  g_test_add_func ("/status/a-command-can-be-typed", test_a_command_can_be_typed);
  g_test_add_func ("/status/labels", test_labels);
  g_test_add_func ("/status/groups", test_groups);
  g_test_add_func ("/status/page-is-in-step", test_page_is_in_step);
  g_test_add_func ("/errors/cross-the-bus", test_errors_cross_the_bus);

  return g_test_run ();
}
