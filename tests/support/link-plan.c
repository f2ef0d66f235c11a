/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of the bytes on a link may pass: counts them, finds where a request's body begins, and lets a plan fail at its
 * byte. On the link's thread, and on the main thread where a test asks; everything here is under the link's lock.
 */
#include "support/link-private.h"

#include <string.h>

#define HEAD_END "\r\n\r\n"

void
test_link_request_clear (TestLinkRequest *request)
{
  (void) g_string_free (request->head, TRUE);
  g_free (request->path);
}

/* --- For the link's thread; with the lock --- */

static gboolean
has_plan_for (TestLink *link, const char *method)
{
  return link->plan.count > 0 && (!link->plan.method || g_str_equal (link->plan.method, method));
}

/* A line of what an HTTP message begins with, for who reads why a test failed. */
static void
note (TestLink *link, const char *mark, const char *bytes, gsize n_bytes)
{
  const char *end = memchr (bytes, '\r', n_bytes);

  g_string_append_printf (link->log, "%s %.*s; %" G_GUINT64_FORMAT " body bytes in all\n", mark,
                          (int) (end ? end - bytes : 0), bytes, link->body_bytes);
}

static void
act (TestLink *link, gboolean *is_to_fail)
{
  link->plan.count--;
  link->planned_bytes = 0;
  link->acts++;
  *is_to_fail = TRUE;
  note (link, "--- here it fails", "", 0);
}

static void
read_head (TestLinkRequest *request)
{
  const char *head = request->head->str;
  const char *length = strcasestr (head, "\r\nContent-Length:");
  const char *space = strchr (head, ' ');

  g_free (request->path);
  request->path = space ? g_strndup (space + 1, strcspn (space + 1, " \r\n")) : g_strdup ("");
  (void) g_strlcpy (request->method, head, MIN (sizeof request->method, (gsize) (space ? space - head : 0) + 1));
  request->to_come_bytes = length ? g_ascii_strtoull (strchr (length, ':') + 1, NULL, 10) : 0;
}

static gboolean
is_complete (const GString *head)
{
  const gsize length = strlen (HEAD_END);

  return head->len >= length && memcmp (head->str + head->len - length, HEAD_END, length) == 0;
}

static void
take_head_byte (TestLink *link, TestLinkRequest *request, char byte, gboolean *is_to_fail)
{
  g_string_append_c (request->head, byte);
  if (link->plan.in_head && request->head->len == link->plan.at_bytes)
    {
      read_head (request);
      if (has_plan_for (link, request->method) && link->plan.fault != TEST_LINK_LOSE_ANSWER)
        act (link, is_to_fail);
    }
  if (!is_complete (request->head))
    return;
  read_head (request);
  note (link, ">", request->head->str, request->head->len);
  g_string_truncate (request->head, 0);
}

static void
count_body (TestLink *link, const TestLinkRequest *request, guint64 n_bytes)
{
  guint64 *path_bytes;

  if (!g_str_equal (request->method, "PATCH"))
    return;
  path_bytes = g_hash_table_lookup (link->paths, request->path);
  if (!path_bytes)
    {
      path_bytes = g_new0 (guint64, 1);
      g_hash_table_insert (link->paths, g_strdup (request->path), path_bytes);
    }
  *path_bytes += n_bytes;
  link->body_bytes += n_bytes;
}

/* Returns: how many body bytes may pass. */
static gsize
take_body (TestLink *link, TestLinkRequest *request, gsize n_bytes, gboolean *is_to_fail)
{
  gboolean is_planned
      = has_plan_for (link, request->method) && !link->plan.in_head && link->plan.fault != TEST_LINK_LOSE_ANSWER;
  gsize taken = MIN (n_bytes, request->to_come_bytes);

  if (is_planned)
    taken = MIN (taken, link->plan.at_bytes - link->planned_bytes);
  link->planned_bytes += is_planned ? taken : 0;
  count_body (link, request, taken);
  request->to_come_bytes -= taken;
  if (is_planned && link->planned_bytes == link->plan.at_bytes)
    act (link, is_to_fail);

  return taken;
}

gsize
test_link_pass_up (TestLink *link, TestLinkRequest *request, const char *bytes, gsize n_bytes, gboolean *is_to_fail,
                   TestLinkFault *fault)
{
  gsize at = 0;

  g_mutex_lock (&link->lock);
  *fault = link->plan.fault;
  while (at < n_bytes && !*is_to_fail)
    if (request->to_come_bytes > 0)
      at += take_body (link, request, n_bytes - at, is_to_fail);
    else
      take_head_byte (link, request, bytes[at++], is_to_fail);
  /* A plan for no byte at all acts when the head is complete. */
  if (!*is_to_fail && request->to_come_bytes > 0)
    (void) take_body (link, request, 0, is_to_fail);
  g_mutex_unlock (&link->lock);

  return at;
}

gsize
test_link_pass_down (TestLink *link, const TestLinkRequest *request, const char *bytes, gsize n_bytes,
                     gboolean *is_to_fail, TestLinkFault *fault)
{
  g_mutex_lock (&link->lock);
  *fault = link->plan.fault;
  note (link, "<", bytes, n_bytes);
  if (has_plan_for (link, request->method) && link->plan.fault == TEST_LINK_LOSE_ANSWER && n_bytes > 0)
    {
      if (link->plan.skip > 0)
        link->plan.skip--;
      else
        act (link, is_to_fail);
    }
  g_mutex_unlock (&link->lock);

  return *is_to_fail ? 0 : n_bytes;
}

/* --- For the main thread --- */

void
test_link_plan (TestLink *link, const TestLinkPlan *plan)
{
  g_mutex_lock (&link->lock);
  link->plan = plan ? *plan : (TestLinkPlan){ 0 };
  link->planned_bytes = 0;
  g_mutex_unlock (&link->lock);
}

guint
test_link_count_acts (TestLink *link)
{
  guint acts;

  g_mutex_lock (&link->lock);
  acts = link->acts;
  g_mutex_unlock (&link->lock);

  return acts;
}

guint64
test_link_get_body_bytes (TestLink *link)
{
  guint64 body_bytes;

  g_mutex_lock (&link->lock);
  body_bytes = link->body_bytes;
  g_mutex_unlock (&link->lock);

  return body_bytes;
}

guint
test_link_count_connections (TestLink *link)
{
  guint connections;

  g_mutex_lock (&link->lock);
  connections = link->connections;
  g_mutex_unlock (&link->lock);

  return connections;
}

char *
test_link_dup_log (TestLink *link)
{
  char *log;

  g_mutex_lock (&link->lock);
  log = g_strdup (link->log->str);
  g_mutex_unlock (&link->lock);

  return log;
}

void
test_link_foreach_path (TestLink *link, void (*count_path) (const char *path, guint64 body_bytes, gpointer user_data),
                        gpointer user_data)
{
  const char *path;
  guint64 *body_bytes;
  GHashTableIter iter;

  g_mutex_lock (&link->lock);
  g_hash_table_iter_init (&iter, link->paths);
  while (g_hash_table_iter_next (&iter, (gpointer *) &path, (gpointer *) &body_bytes))
    count_path (path, *body_bytes, user_data);
  g_mutex_unlock (&link->lock);
}
