/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tus servers that other people made, each over a folder of its own, and a look into that folder: what such a
 * server has is read from its disk, not asked of it. tests/setup/install.sh brings them. Main thread.
 */
#pragma once

#include "support/files.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  const char *script;   /* of tests/support/servers; NULL: a program of its own */
  const char *suffix;   /* of the file that describes an upload; without it, that of the bytes */
  const char *size_key; /* in the description */
  const char *metadata_key;
  gboolean writes_late; /* after it has undone a request that was cut it may write what it still had of that */
} TestTusServerKind;

extern const TestTusServerKind test_tus_server_kinds[];
extern const guint test_tus_server_n_kinds;

typedef struct
{
  const TestTusServerKind *kind;
  char *folder; /* owned */
  TestPeer *peer;
} TestTusServer;

/* Of that name. */
const TestTusServerKind *test_tus_server_find_kind (const char *name);

/* Starts one over a new folder below @parent. NULL: it is not installed, and the test is skipped by its name. */
TestTusServer *test_tus_server_start (const TestTusServerKind *kind, const char *parent);
void test_tus_server_free (TestTusServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestTusServer, test_tus_server_free)

/* Fails unless the server has each of these files exactly once, with their bytes, names, types and metadata, and
 * nothing else. Returns: how many announcements without a byte it has besides: an answer that is lost may leave one. */
guint test_tus_server_assert_has (TestTusServer *server, GPtrArray *files);

/* How many uploads it has, whole or not. */
guint test_tus_server_count (TestTusServer *server);

/* What it has of an upload so far. */
guint64 test_tus_server_get_stored_bytes (TestTusServer *server, const char *id);

G_END_DECLS
