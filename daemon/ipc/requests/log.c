/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The whole log, page after page, as long as it may be. Main thread.
 */
#include "base/text.h"
#include "dbus/error.h"
#include "ipc/cursor.h"
#include "ipc/document.h"
#include "ipc/options.h"
#include "ipc/requests/answers.h"
#include "ipc/requests/operations.h"

/* A page under way. */
typedef struct
{
  ObBroker *broker;
  GVariantBuilder list;
  gint64 since_ms;
  gint64 last; /* sequence of the last entry looked at */
  guint n_rows;
} Page;

/* An entry that stands for several has the time of the last. */
static void
on_row (const ObJournalRow *row, gpointer user_data)
{
  Page *page = user_data;

  page->n_rows++;
  page->last = row->sequence;
  if (row->at_ms >= page->since_ms)
    g_variant_builder_add_value (&page->list, ob_document_journal_row (page->broker, row));
}

void
ob_operation_read_log (const ObRequest *request, gint value)
{
  static const ObOption table[] = { { "since", "x" }, { "cursor", "s" }, { "limit", "u" }, { NULL, NULL } };
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "filter", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GError) error = NULL;
  g_autofree char *cursor = NULL;
  Page page = { .broker = request->context->broker };
  const char *given = "";
  gint64 after = 0;
  guint limit = 0;

  g_variant_builder_init (&page.list, G_VARIANT_TYPE ("aa{sv}"));
  (void) g_variant_lookup (options, "cursor", "&s", &given);
  (void) g_variant_lookup (options, "since", "x", &page.since_ms);
  if (page.since_ms < 0 || page.since_ms > OB_TIME_MAX_MS)
    g_set_error_literal (&error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "since: a time in Unix milliseconds");
  if (error || !ob_options_check (options, table, &error) || !ob_request_read_limit (options, &limit, &error)
      || !ob_cursor_read_upload (given, &after, &error)
      || !ob_broker_read_log_after (page.broker, after, limit, on_row, &page, &error))
    {
      g_variant_builder_clear (&page.list);
      ob_request_end (request, error);
      return;
    }
  if (page.n_rows == limit)
    cursor = ob_cursor_dup_upload (page.last);
  ob_request_answer_page (request, "entries", g_variant_builder_end (&page.list), cursor);
}
