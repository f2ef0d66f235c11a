/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of visits share: visit.c, until one is ready; visit-ready.c, from then on.
 */
#pragma once

#include "ipc/rest/tally.h"
#include "ipc/rest/visit.h"
#include "ipc/rest/watches.h"

G_BEGIN_DECLS

#define OB_VISIT_READ_BYTES 4096

struct _ObVisits
{
  GHashTable *all;  /* GSocketAddress → ObVisit, owned */
  ObTally *owners;  /* how many visits each has */
  ObTally *streams; /* how many event streams each has */
  ObTally *doors;   /* how many there are at the port, and how many of other users */
  ObLooks *looks;
  ObWatches *watches;
  void (*ready) (ObVisit *visit, gpointer user_data);
  gpointer user_data;
  gboolean is_ending;
};

struct _ObVisit
{
  ObVisits *visits; /* borrowed */
  GSocketConnection *connection;
  GSocketAddress *address;
  ObGuardDoor door;
  const char *place; /* static: where it is counted; NULL: nowhere */
  char *owner;       /* a process, at the port the digest of a token; NULL: it is not known whose it is */
  gboolean is_stream;
  ObLook *look;
  ObCaller *caller;
  char *reader;      /* see ob_visit_get_reader() */
  GByteArray *bytes; /* the head, and what came with it */
  gsize head_bytes;  /* 0: it has not come yet, or is not good */
  ObGuardVerdict verdict;
  char *why;          /* what the detail of the verdict points to, where it is not static */
  guint64 rest_bytes; /* to be read and dropped, after the answer */
  ObWatch *watch;
  ObWatchReady on_readable; /* who waits for bytes, and for how long */
  gint64 until_us;
  gpointer attached;
  GDestroyNotify gone;
};

/* @on_readable: called with the visit, once when there is something to read, or when it has taken too long */
void ob_visit_start_reading (ObVisit *visit, ObWatchReady on_readable, guint most_s);

/* The same once more, within the same time. */
void ob_visit_read_on (ObVisit *visit);

/* Returns: how many bytes; 0 at the end; -1 with @error, which is WouldBlock when there are none now */
gssize ob_visit_read (ObVisit *visit, void *buffer, gsize size_bytes, GError **error);

/* @owner: (nullable): whose it is from now on */
void ob_visit_set_owner (ObVisit *visit, const char *owner);

/* Nobody works on it any more. */
void ob_visit_detach (ObVisit *visit);

/* It is gone. */
void ob_visit_end (ObVisit *visit);

G_END_DECLS
