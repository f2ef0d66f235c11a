/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * REST at its Unix socket, byte for byte: what is sent is what the test says, and no HTTP library is between. Main thread.
 */
#pragma once

#include "support/broker.h"

G_BEGIN_DECLS

typedef struct
{
  guint status; /* 0: there was no answer */
  char *head;   /* with its empty line */
  char *body;
  gsize body_bytes;
} RestAnswer;

void rest_answer_clear (RestAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RestAnswer, rest_answer_clear)

/* Returns: (transfer full): the path of the socket, which need not be there */
char *rest_dup_socket (TestBroker *broker);

/* Waits until somebody listens there. */
void rest_wait (TestBroker *broker);

/* Returns: (transfer full): a broker whose socket is there */
TestBroker *rest_start (void);

/* Returns: (transfer full) (nullable): a connection; %NULL where nobody listens */
GSocketConnection *rest_connect (TestBroker *broker);

/* Sends bytes, as many as are taken, and reads up to the end. @size_bytes: -1: up to NUL */
RestAnswer rest_send (TestBroker *broker, const char *bytes, gssize size_bytes);

RestAnswer rest_send_on (GSocketConnection *connection, const char *bytes, gssize size_bytes);

/* Reads on, up to that text. Fails the test where it does not come. */
void rest_read_until (GSocketConnection *connection, const char *text);

/* Reads what comes on a connection up to its end. */
RestAnswer rest_read (GSocketConnection *connection);

/* The same for a request without a body; and with one of JSON. @target: such as "/v1/health" */
RestAnswer rest_ask (TestBroker *broker, const char *method, const char *target);
RestAnswer rest_ask_with (TestBroker *broker, const char *method, const char *target, const char *json);

/* Returns: (transfer full): a request with a file as its body. @fields: lines of the head */
char *rest_make_submit (const char *target, const char *fields, const char *body, gsize size_bytes, gsize *whole_bytes);

/* Hands a file over. */
RestAnswer rest_submit (TestBroker *broker, const char *target, const char *fields, const char *body, gsize size_bytes);

/* Hands a file of a few bytes over, which is taken. Returns: (transfer full): its id */
char *rest_submit_small (TestBroker *broker, const char *target);

/* Returns: (transfer full) (nullable): a member of an answer's object, as text */
char *rest_answer_dup_member (const RestAnswer *answer, const char *name);

/* Returns: (transfer full): what a field of the head says; %NULL: there is none */
char *rest_answer_dup_field (const RestAnswer *answer, const char *name);

G_END_DECLS
