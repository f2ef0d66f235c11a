/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the link that moves bytes (link.c) and the plan that says which may pass (link-plan.c).
 */
#pragma once

#include "support/link.h"

G_BEGIN_DECLS

struct _TestLink
{
  int listener;
  int waker; /* an eventfd: readable when the thread is to look at is_over and is_down */
  guint16 server_port;
  char *url;
  GThread *thread;
  GPtrArray *pairs; /* of connections; the thread's own */

  GMutex lock; /* guards the rest */
  TestLinkPlan plan;
  guint64 planned_bytes; /* body bytes that count towards the plan */
  guint64 body_bytes;
  GHashTable *paths; /* of PATCH requests → guint64, their body bytes */
  gboolean is_over;
  gboolean is_down;
  int buffer_bytes; /* 0: as the kernel likes */
  guint acts;
  guint connections;
  GString *log;
};

/* What a connection has of a request. */
typedef struct
{
  GString *head;         /* as far as it has come in */
  guint64 to_come_bytes; /* of the body */
  char method[16];       /* of the request that came last, as is the path */
  char *path;
} TestLinkRequest;

void test_link_request_clear (TestLinkRequest *request);

/* Return: how many of the bytes may pass, to the server and back. Where the rest must not, they set @is_to_fail and
 * @fault. */
gsize test_link_pass_up (TestLink *link, TestLinkRequest *request, const char *bytes, gsize n_bytes,
                         gboolean *is_to_fail, TestLinkFault *fault);
gsize test_link_pass_down (TestLink *link, const TestLinkRequest *request, const char *bytes, gsize n_bytes,
                           gboolean *is_to_fail, TestLinkFault *fault);

G_END_DECLS
