/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that a test starts and ends: the receiver, or one of the real tus servers. Main thread.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _TestPeer TestPeer;

/* Starts a program that prints "listening on URL" when it is ready. Fails the test where it does not. @argv: what follows
 * "--port" in it is the port that it is to have; 0: one that is free, and stays its own until it is freed. */
TestPeer *test_peer_start (const char *const *argv);

/* The receiver on a port of its own. @word: (nullable): of its command line, as are the words that follow it; ends with NULL. */
TestPeer *test_peer_start_receiver (const char *word, ...) G_GNUC_NULL_TERMINATED;

/* The receiver for those who come to it by another address than it has: it names paths alone. It keeps no bytes. @fault:
 * (nullable): JSON of one that it has from the start. */
TestPeer *test_peer_start_far_receiver (const char *fault);

/* The same for a program that says something else before its URL. */
TestPeer *test_peer_start_saying (const char *const *argv, const char *ready);

/* The same program on the same port, after it was killed. */
void test_peer_restart (TestPeer *peer);
void test_peer_kill (TestPeer *peer);

/* Ends it and waits. */
void test_peer_free (TestPeer *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestPeer, test_peer_free)

/* Where uploads are created, such as http://127.0.0.1:4711/files/. */
const char *test_peer_get_url (TestPeer *peer);

/* Returns: (transfer full): the URL of another of its routes, such as "/confirm?id={id}". */
char *test_peer_dup_url (TestPeer *peer, const char *route);

/* The receiver only: sets a fault by its JSON, and reads its counters. */
void test_peer_control (TestPeer *peer, const char *json);
JsonNode *test_peer_describe (TestPeer *peer);

/* The same, one by one. Return: a counter that must be there; how many requests there were with that method; how many uploads
 * it has, finished or not. */
gint64 test_peer_get_number (TestPeer *peer, const char *name);
gint64 test_peer_count_requests (TestPeer *peer, const char *method);
guint test_peer_count_uploads (TestPeer *peer);

G_END_DECLS
