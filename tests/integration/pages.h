/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A web page at the daemon's port, byte for byte: it sends what a browser would, or what no browser would. Main thread.
 */
#pragma once

#include "rest.h"

G_BEGIN_DECLS

typedef struct
{
  TestBroker *broker;
  const char *origin;
  char *token;
} Page;

void page_clear (Page *page);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Page, page_clear)

/* Returns: the port that the daemon tells */
guint16 page_find_port (TestBroker *broker);

/* Returns: (transfer full) (nullable): a connection to it; %NULL where nobody listens */
GSocketConnection *page_connect (guint16 port);

/* Sends bytes as they are. @size_bytes: -1: up to NUL */
RestAnswer page_send (guint16 port, const char *bytes, gssize size_bytes);

/* Sends what fetch() sends. @fields: (nullable): whole lines. @body: (nullable): JSON */
RestAnswer page_fetch (const Page *page, const char *method, const char *target, const char *fields, const char *body);

/* The same up to the end of the head, and no further. @fields: (nullable). Returns: (transfer full): what it is sent on */
GSocketConnection *page_begin (const Page *page, const char *method, const char *target, const char *fields);

/* Returns: (transfer full): the broker's proof that it knows the token, as a page computes it with the 32 bytes of the digest */
char *page_dup_proof (const char *token, const char *origin, const char *host, const char *nonce);

/* Returns: (transfer full): what a member of the answer's JSON says */
char *page_dup_member (const RestAnswer *answer, const char *name);

/* A person approves what the page asks for. Returns: a page that is let in */
Page page_pair (TestBroker *broker, const char *origin, gboolean may_manage);

/* Calls the interface Access with one text. Returns: the error's name on the bus, without its beginning; empty: there was none */
char *page_decide (TestBroker *broker, const char *method, const char *text);

G_END_DECLS
