/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon, a tus server that other people made, what stands between them, and what is handed over. Main thread.
 */
#pragma once

#include "support/link.h"
#include "support/nginx.h"
#include "support/tus-servers.h"

G_BEGIN_DECLS

typedef struct
{
  TestBroker *broker;
  TestTusServer *server;
  TestLink *link; /* or NULL, as the next */
  TestNginx *nginx;
  GPtrArray *files; /* of TestFile */
} AtServer;

/* The daemon has no destination yet. FALSE: the server is not installed. */
gboolean at_server_set_up (AtServer *scene, const TestTusServerKind *kind);

void at_server_clear (AtServer *scene);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AtServer, at_server_clear)

/* To be handed over. @file: (transfer full). Returns: it. */
TestFile *at_server_add (AtServer *scene, TestFile *file);

/* The same for a new file, which no other one is like. */
TestFile *at_server_make (AtServer *scene, const char *name, gsize size_bytes);

G_END_DECLS
