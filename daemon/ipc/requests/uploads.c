/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Operations on uploads. A sandboxed caller sees only its own. Main thread.
 */
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "ipc/app.h"
#include "ipc/cursor.h"
#include "ipc/document.h"
#include "ipc/filter.h"
#include "ipc/options.h"
#include "ipc/requests/answers.h"
#include "ipc/requests/operations.h"
#include "ipc/submit-options.h"

/* The most that one answer holds; its cursor leads on. Every other caller waits while the main thread makes the documents and
 * GDBus the message: 256 KiB took 25 ms on a slow processor. */
#define PAGE_MAX_BYTES (128 * 1024)
#define ROWS_AT_ONCE 100

/* --- Submit --- */

static gboolean
may_have_priority (const ObCaller *caller, gint priority, GError **error)
{
  return priority <= OB_PRIORITY_OF_APPS || ob_access_check (caller, OB_OPERATION_GO_FIRST, "priority", error);
}

/* A program of the host may hand over for another app, as a script with a name of its own does. */
static gboolean
may_be_of_app (const ObCaller *caller, const char *app, GError **error)
{
  if (!g_str_equal (app, caller->app) && !ob_access_check (caller, OB_OPERATION_NAME_APP, "app", error))
    return FALSE;
  if (ob_app_is_name (app))
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
               "app: 1 to %d bytes, without a slash or control characters", OB_APP_MAX_BYTES);

  return FALSE;
}

static int
take_file (const ObRequest *request, GError **error)
{
  if (request->take_file)
    return request->take_file (request->user_data, error);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("There is no file"));

  return -1;
}

/* @submission: (out caller-allocates). @metadata: (out) (transfer full): owns what @submission has of it */
static gboolean
read_submission (const ObRequest *request, GVariant *options, ObSubmission *submission, GVariant **metadata,
                 GError **error)
{
  const ObCaller *caller = request->caller;

  *submission
      = (ObSubmission){ .app = caller->app, .group_app = ob_request_get_own_app (request, OB_OPERATION_SUBMIT) };

  return ob_submit_options_read (options, submission, metadata, error)
         && may_have_priority (caller, submission->priority, error) && may_be_of_app (caller, submission->app, error);
}

gboolean
ob_request_check_submit (const ObRequestContext *context, const ObCaller *caller, GVariant *options, GError **error)
{
  const ObRequest request = { .context = context, .caller = caller };
  g_autoptr (GVariant) metadata = NULL;
  ObSubmission submission;

  return ob_access_admit (caller, OB_OPERATION_SUBMIT, error)
         && read_submission (&request, options, &submission, &metadata, error)
         && ob_broker_check_submission (context->broker, &submission, error);
}

void
ob_operation_submit (const ObRequest *request, gint value)
{
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "options", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) metadata = NULL;
  g_autoptr (GError) error = NULL;
  ObSubmission submission;
  int fd;

  if (!read_submission (request, options, &submission, &metadata, &error) || (fd = take_file (request, &error)) < 0)
    {
      ob_request_end (request, error);
      return;
    }
  submission.writer = request->writer;
  ob_broker_submit (request->context->broker, &submission, fd, ob_request_on_submitted,
                    ob_request_dup_answer (request));
}

/* --- Create, Commit --- */

void
ob_operation_create (const ObRequest *request, gint value)
{
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "options", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) metadata = NULL;
  g_autoptr (GError) error = NULL;
  ObSubmission submission;

  if (read_submission (request, options, &submission, &metadata, &error))
    {
      submission.tus_metadata = request->tus_metadata;
      submission.is_stream = request->is_stream;
      ob_broker_create (request->context->broker, &submission, ob_request_on_created, ob_request_dup_answer (request));
    }
  else
    ob_request_end (request, error);
}

/* An app commits its own recordings; a person may commit any, since the app may have died. */
void
ob_operation_commit (const ObRequest *request, gint value)
{
  static const ObOption table[] = { { "sha256", "s" }, { NULL, NULL } };
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "options", G_VARIANT_TYPE_VARDICT);
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) error = NULL;
  const char *sha256 = NULL;

  (void) g_variant_lookup (options, "sha256", "&s", &sha256);
  if (ob_options_check (options, table, &error) && sha256 && !ob_text_is_sha256 (sha256))
    g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("sha256: 64 hexadecimal digits"));
  if (!error)
    upload = ob_request_find_upload (request, OB_OPERATION_SUBMIT, ob_request_get_text (request, "id"), &error);
  if (upload)
    ob_broker_commit (request->context->broker, upload->id, sha256, NULL, ob_request_on_commanded,
                      ob_request_dup_answer (request));
  else
    ob_request_end (request, error);
}

static ObUpload *
find_for (ObOperation operation, const ObRequestContext *context, const ObCaller *caller, const char *id,
          GError **error)
{
  const ObRequest request = { .context = context, .caller = caller };

  return ob_access_admit (caller, operation, error) ? ob_request_find_upload (&request, operation, id, error) : NULL;
}

ObUpload *
ob_request_find_written (const ObRequestContext *context, const ObCaller *caller, const char *id, GError **error)
{
  return find_for (OB_OPERATION_SUBMIT, context, caller, id, error);
}

ObUpload *
ob_request_find_seen (const ObRequestContext *context, const ObCaller *caller, const char *id, GError **error)
{
  return find_for (OB_OPERATION_LOOK, context, caller, id, error);
}

/* --- Get, List, History --- */

void
ob_operation_get_upload (const ObRequest *request, gint value)
{
  ObBroker *broker = request->context->broker;
  const char *id = ob_request_get_text (request, "id");
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *whole = NULL;

  /* An app knows its full ids; a part of an id is typed by people, who may see all. */
  if (!g_uuid_string_is_valid (id) && !ob_request_get_own_app (request, OB_OPERATION_LOOK))
    whole = ob_broker_find_id (broker, id, &error);
  if (!error)
    upload = ob_request_find_upload (request, OB_OPERATION_LOOK, whole ? whole : id, &error);
  if (upload)
    ob_request_answer (request, "upload", ob_document_upload (broker, upload));
  else
    ob_request_end (request, error);
}

/* A page under way. */
typedef struct
{
  ObBroker *broker;
  const ObFilter *filter;
  GVariantBuilder *list;
  gint64 after; /* number of the last upload looked at; 0: there are no more */
  guint n_left; /* uploads that the caller still wants */
  gsize page_bytes;
} Page;

/* Adds the documents of some rows, as many as fit. Returns: whether the page may go on */
static gboolean
add_documents (Page *page, const GPtrArray *uploads)
{
  for (guint i = 0; i < uploads->len; i++)
    {
      const ObUpload *upload = uploads->pdata[i];
      GVariant *document;

      if (page->filter->has_state && ob_broker_get_status (page->broker, upload).state != page->filter->state)
        continue;
      document = ob_document_upload (page->broker, upload);
      page->page_bytes += g_variant_get_size (document);
      g_variant_builder_add_value (page->list, document);
      if (page->page_bytes > PAGE_MAX_BYTES && (i + 1 < uploads->len || page->after > 0))
        {
          page->after = upload->number;
          return FALSE;
        }
    }

  return uploads->len == ROWS_AT_ONCE && page->after > 0 && page->n_left > 0;
}

/* Reads a few rows at a time, so that none is read in vain once the page is full. Errors: Storage. */
static gboolean
fill_page (Page *page, const ObUploadsFilter *stored, GError **error)
{
  gboolean goes_on = TRUE;

  while (goes_on)
    {
      const guint n_rows = MIN (page->n_left, ROWS_AT_ONCE);
      g_autoptr (GPtrArray) uploads = ob_broker_list_uploads (page->broker, stored, &page->after, n_rows, error);

      if (!uploads)
        return FALSE;
      page->n_left -= n_rows;
      goes_on = add_documents (page, uploads);
    }

  return TRUE;
}

/* Errors: Storage. */
static gboolean
make_page (Page *page, GError **error)
{
  const ObFilter *filter = page->filter;
  g_autoptr (GArray) kinds = filter->has_state ? ob_broker_find_kinds (page->broker, filter->state, error) : NULL;
  const ObUploadsFilter stored = { .group = filter->group,
                                   .group_app = filter->group_app,
                                   .app = filter->app,
                                   .destination = filter->destination,
                                   .kinds = kinds,
                                   .is_unfinished = filter->is_unfinished };

  return (!filter->has_state || kinds) && fill_page (page, &stored, error);
}

void
ob_operation_list_uploads (const ObRequest *request, gint value)
{
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "filter", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GError) error = NULL;
  g_autoptr (ObFilter) filter = ob_filter_read_list (options, request->caller, &error);
  g_autofree char *cursor = NULL;
  GVariantBuilder list;
  Page page = { .broker = request->context->broker, .filter = filter, .list = &list };
  const char *given = "";

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  (void) g_variant_lookup (options, "cursor", "&s", &given);
  if (!filter || !ob_request_read_limit (options, &page.n_left, &error)
      || !ob_cursor_read_upload (given, &page.after, &error) || !make_page (&page, &error))
    {
      g_variant_builder_clear (&list);
      ob_request_end (request, error);
      return;
    }
  if (page.after > 0)
    cursor = ob_cursor_dup_upload (page.after);
  ob_request_answer_page (request, "uploads", g_variant_builder_end (&list), cursor);
}

typedef struct
{
  ObBroker *broker;
  GVariantBuilder list;
  guint n_rows;
} History;

static void
on_history_row (const ObJournalRow *row, gpointer user_data)
{
  History *history = user_data;

  history->n_rows++;
  g_variant_builder_add_value (&history->list, ob_document_journal_row (history->broker, row));
}

/* The log of a removed upload is for its app, and for callers that may read the whole log. */
static gboolean
may_read_history (const ObRequest *request, const char *id, guint n_rows, GError **error)
{
  g_autoptr (ObUpload) upload = NULL;

  if ((n_rows > 0 && ob_access_get (request->caller, OB_OPERATION_LOG) == OB_ACCESS_ALL)
      || ob_broker_was_of_app (request->context->broker, id, request->caller->app))
    return TRUE;
  upload = ob_request_find_upload (request, OB_OPERATION_LOOK, id, error);

  return upload != NULL;
}

/* @id: empty for everything */
static gboolean
read_history (const ObRequest *request, const char *id, History *history, GError **error)
{
  if (*id == '\0')
    return ob_access_admit (request->caller, OB_OPERATION_LOG, error)
           && ob_broker_read_log (history->broker, on_history_row, history, error);

  return ob_broker_read_history (history->broker, id, on_history_row, history, error)
         && may_read_history (request, id, history->n_rows, error);
}

void
ob_operation_get_history (const ObRequest *request, gint value)
{
  History history = { .broker = request->context->broker };
  g_autoptr (GError) error = NULL;

  g_variant_builder_init (&history.list, G_VARIANT_TYPE ("aa{sv}"));
  if (read_history (request, ob_request_get_text (request, "id"), &history, &error))
    {
      ob_request_answer (request, "entries", g_variant_builder_end (&history.list));
      return;
    }
  g_variant_builder_clear (&history.list);
  ob_request_end (request, error);
}

/* --- Commands --- */

/* An app hears of an upload that it may not see that there is none, whatever it asks. */
static gboolean
may_set (const ObRequest *request, const char *id, gint priority, GError **error)
{
  g_autoptr (ObUpload) upload = NULL;

  if (may_have_priority (request->caller, priority, NULL))
    return TRUE;
  upload = id ? ob_request_find_upload (request, OB_OPERATION_COMMAND, id, error) : NULL;

  return (upload || !id) && may_have_priority (request->caller, priority, error);
}

void
ob_operation_command_uploads (const ObRequest *request, gint command)
{
  g_autofree const char **ids = NULL;
  g_autoptr (GError) error = NULL;
  gint priority = 0;

  (void) g_variant_lookup (request->arguments, "ids", "^a&s", &ids);
  (void) g_variant_lookup (request->arguments, "priority", "i", &priority);
  if (may_set (request, ids[0], priority, &error))
    ob_broker_command (request->context->broker, ob_request_get_own_app (request, OB_OPERATION_COMMAND),
                       (ObCommand) command, ids, priority, ob_request_on_commanded, ob_request_dup_answer (request));
  else
    ob_request_end (request, error);
}

void
ob_operation_amend_upload (const ObRequest *request, gint value)
{
  static const ObOption table[] = { { "name", "s" }, { "metadata", "a{ss}" }, { "priority", "i" }, { NULL, NULL } };
  g_autoptr (GVariant) options = g_variant_lookup_value (request->arguments, "options", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) metadata = g_variant_lookup_value (options, "metadata", G_VARIANT_TYPE ("a{ss}"));
  ObAmendment amendment = { .metadata = metadata };
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) error = NULL;

  (void) g_variant_lookup (options, "name", "&s", &amendment.name);
  amendment.has_priority = g_variant_lookup (options, "priority", "i", &amendment.priority);
  if (ob_options_check (options, table, &error))
    upload = ob_request_find_upload (request, OB_OPERATION_COMMAND, ob_request_get_text (request, "id"), &error);
  if (upload && may_have_priority (request->caller, amendment.priority, &error))
    ob_broker_amend (request->context->broker, upload->id, &amendment, ob_request_on_commanded,
                     ob_request_dup_answer (request));
  else
    ob_request_end (request, error);
}
