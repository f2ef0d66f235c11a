/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes answers. Main thread.
 */
#include "ipc/rest/reply.h"

#include "base/json.h"
#include "dbus/mark.h"
#include "ipc/rest/tus-method.h"

/* libsoup has no words for these: RFC 6585 sections 4 and 5, and the checksum extension of tus 1.0. */
static const char *
get_phrase (guint status)
{
  switch (status)
    {
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 460:
      return "Checksum Mismatch";
    default:
      return soup_status_get_phrase (status);
    }
}

/* What tus and the other routes tell in fields; without this a page of another origin is not shown them. */
#define EXPOSED                                                                                              \
  "Location, Retry-After, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, " \
  "Upload-Offset, Upload-Length, Upload-Defer-Length, Upload-Metadata, Upload-Expires"

/* What pages may send beside what every page may. */
#define ACCEPTED                                                                                               \
  "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Tus-Resumable, Upload-Offset, Upload-Length, " \
  "Upload-Defer-Length, Upload-Metadata, Upload-Checksum, Upload-Concat, X-HTTP-Method-Override, "             \
  "X-Requested-With, X-Request-ID"

/* A page that is revoked does not go on for long with what its browser has remembered; without the token that is worth nothing. */
#define PREFLIGHT_MOST_S "600"

/* There are no cookies, so that no Access-Control-Allow-Credentials is needed. */
static void
set_reader (SoupServerMessage *message, const char *reader)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Vary", "Origin");
  if (!reader)
    return;
  soup_message_headers_replace (headers, "Access-Control-Allow-Origin", reader);
  soup_message_headers_replace (headers, "Access-Control-Expose-Headers", EXPOSED);
}

/* Nothing here is for a cache, or to be taken for a page; for another origin's page only where it is the reader. The connection is
 * closed, see visit.h. */
static void
set_common (SoupServerMessage *message, const char *reader, guint status)
{
  static const char *const headers[][2]
      = { { "Connection", "close" },
          { "Cache-Control", "no-store" },
          { "X-Content-Type-Options", "nosniff" },
          { "Cross-Origin-Resource-Policy", "same-origin" },
          { "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" } };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), headers[i][0], headers[i][1]);
  set_reader (message, reader);
  ob_tus_set_version (message);
  soup_server_message_set_status (message, status, get_phrase (status));
}

/* @document: floating or not */
static void
set_json (SoupServerMessage *message, const char *media_type, GVariant *document)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (document);
  char *text = ob_json_write (owned);

  soup_server_message_set_response (message, media_type, SOUP_MEMORY_TAKE, text, strlen (text));
}

void
ob_reply_document (SoupServerMessage *message, const char *reader, guint status, GVariant *document)
{
  set_common (message, reader, document || status != 200 ? status : 204);
  if (document)
    set_json (message, "application/json", document);
}

void
ob_reply_file (SoupServerMessage *message, const char *reader, const char *media_type, GBytes *file)
{
  set_common (message, reader, 200);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Content-Type", media_type);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), file);
}

void
ob_reply_stream (SoupServerMessage *message, const char *reader, const char *media_type)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  set_common (message, reader, 200);
  soup_message_headers_replace (headers, "Content-Type", media_type);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_EOF);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (message), FALSE);
}

void
ob_reply_problem (SoupServerMessage *message, const char *reader, guint refusal, OutboxError code, const char *detail,
                  GVariant *more)
{
  g_autoptr (GVariant) members = more ? g_variant_ref_sink (more) : NULL;
  const guint status = ob_tus_find_refusal (message, refusal);
  GVariantIter iter;
  const char *name;
  GVariant *value;
  GVariantBuilder problem;

  g_variant_builder_init (&problem, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&problem, "{sv}", "type", g_variant_new_string ("about:blank"));
  g_variant_builder_add (&problem, "{sv}", "title", g_variant_new_string (get_phrase (status)));
  g_variant_builder_add (&problem, "{sv}", "status", g_variant_new_uint32 (status));
  g_variant_builder_add (&problem, "{sv}", "detail", g_variant_new_string (detail));
  g_variant_builder_add (&problem, "{sv}", "code", g_variant_new_string (outbox_error_get_name (code)));
  if (members)
    {
      g_variant_iter_init (&iter, members);
      while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
        g_variant_builder_add (&problem, "{sv}", name, value);
    }
  set_common (message, reader, status);
  if (status == 401)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "WWW-Authenticate", "Bearer");
  set_json (message, "application/problem+json", g_variant_builder_end (&problem));
}

const char *
ob_reply_get_detail (const GError *error)
{
  switch ((OutboxError) error->code)
    {
    case OUTBOX_ERROR_STORAGE:
      return S_ ("The disk or the database of this device reported an error");
    case OUTBOX_ERROR_DISK_FULL:
      return S_ ("This device has no room for the file; nothing was kept of it");
    case OUTBOX_ERROR_TOO_MANY:
      return strchr (error->message, G_DIR_SEPARATOR) ? S_ ("This device has too many files open; try again later")
                                                      : error->message;
    default:
      return error->message;
    }
}

void
ob_reply_error (SoupServerMessage *message, const char *reader, const GError *error)
{
  g_return_if_fail (error->domain == OUTBOX_ERROR);
  ob_reply_problem (message, reader, outbox_error_get_http_status (error->code), error->code,
                    ob_reply_get_detail (error), NULL);
}

/* The name in the error table that comes nearest. */
static OutboxError
get_code (guint status)
{
  switch (status)
    {
    case 401:
    case 403:
      return OUTBOX_ERROR_NOT_ALLOWED;
    case 404:
      return OUTBOX_ERROR_NOT_FOUND;
    case 405:
    case 501:
    case 505:
      return OUTBOX_ERROR_NOT_SUPPORTED;
    case 409:
      return OUTBOX_ERROR_WRONG_STATE;
    case 423:
      return OUTBOX_ERROR_BUSY;
    case 460:
      return OUTBOX_ERROR_DIGEST_MISMATCH;
    case 507:
      return OUTBOX_ERROR_DISK_FULL;
    case 429:
      return OUTBOX_ERROR_TOO_MANY;
    default:
      return OUTBOX_ERROR_INVALID_ARGUMENT;
    }
}

void
ob_reply_refusal (SoupServerMessage *message, const char *reader, guint status, const char *detail)
{
  ob_reply_problem (message, reader, status, get_code (status), detail, NULL);
}

void
ob_reply_preflight (SoupServerMessage *message, const char *reader, const char *methods)
{
  SoupMessageHeaders *asked = soup_server_message_get_request_headers (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  set_common (message, reader, 204);
  soup_message_headers_replace (headers, "Access-Control-Allow-Methods", methods);
  soup_message_headers_replace (headers, "Access-Control-Allow-Headers", ACCEPTED);
  soup_message_headers_replace (headers, "Access-Control-Max-Age", PREFLIGHT_MOST_S);
  /* Private Network Access, of Chromium before 142; since then it asks the person. */
  if (soup_message_headers_get_one (asked, "Access-Control-Request-Private-Network"))
    soup_message_headers_replace (headers, "Access-Control-Allow-Private-Network", "true");
}
