/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A link to a server that can be cut at an exact byte: a TCP relay over real sockets that knows just enough of HTTP/1.1
 * to tell where a request's body begins. Runs on a thread of its own; its functions are for the main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _TestLink TestLink;

typedef enum
{
  TEST_LINK_RESET,       /* RST to both sides */
  TEST_LINK_CLOSE,       /* FIN to both sides */
  TEST_LINK_STALL,       /* this connection stays open and silent; new ones work */
  TEST_LINK_LOSE_ANSWER, /* the request arrives whole; its answer is dropped with the connection */
} TestLinkFault;

/* What goes wrong. After exactly @at_bytes towards the server the rest is dropped. */
typedef struct
{
  TestLinkFault fault;
  const char *method; /* acts on requests with this method; NULL: on any */
  gboolean in_head;   /* @at_bytes counts from the request line's first byte, not body bytes */
  guint64 at_bytes;   /* body bytes of all matching requests since it was set, or acted last */
  guint skip;         /* answers to let pass first (TEST_LINK_LOSE_ANSWER) */
  guint count;        /* how often it acts */
} TestLinkPlan;

/* @server_url: where connections lead; asked anew for each of them by its port. */
TestLink *test_link_new (const char *server_url);
void test_link_free (TestLink *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestLink, test_link_free)

/* Where to connect: the server's URL with the link's port. */
const char *test_link_get_url (TestLink *link);

/* @plan: (nullable): copied; @plan->method must be static. NULL mends the link. */
void test_link_plan (TestLink *link, const TestLinkPlan *plan);

/* How often the plan has acted. The default main context wakes up each time. */
guint test_link_count_acts (TestLink *link);

/* While it is down, every connection is reset at once: those that are there, and those that come. */
void test_link_set_down (TestLink *link, gboolean is_down);

/* What it holds on the way to the server is about that much, in connections from now on; else the kernel takes megabytes. */
void test_link_set_buffer (TestLink *link, int bytes);

/* Body bytes of PATCH requests that were passed on to the server. */
guint64 test_link_get_body_bytes (TestLink *link);

/* The same for each path. @count_path is called with the lock held. */
void test_link_foreach_path (TestLink *link,
                             void (*count_path) (const char *path, guint64 body_bytes, gpointer user_data),
                             gpointer user_data);
guint test_link_count_connections (TestLink *link);

/* Returns: (transfer full): a line for each request and answer, for who reads why a test failed. */
char *test_link_dup_log (TestLink *link);

G_END_DECLS
