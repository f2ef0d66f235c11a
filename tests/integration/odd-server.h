/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server of plain HTTP that keeps one file, on threads of its own, and has habits that no reasonable one has.
 */
#pragma once

#include "support/threaded-server.h"

typedef enum
{
  ODD_GET_RANGES,  /* the bytes that a Range asks for */
  ODD_GET_ALL,     /* the whole file, whatever was asked for */
  ODD_GET_REFUSED, /* 403 */
} OddGet;

typedef struct
{
  const char *head; /* the lines of the answer to HEAD where a file is; NULL: 200 with its size */
  OddGet get;
  gboolean allots;  /* makes a file of the full size first, and cuts the connection in the middle of the first PUT */
  guint cut_put;    /* stores the body of this PUT, and ends the connection without an answer; 0: of none */
  gboolean is_slow; /* to the next question after that, nothing is there yet */
  guint condition_status; /* its answer to a PUT with If-None-Match or If-Match; 0: it ignores them */
  gboolean caches;        /* a cache before it remembers that nothing is there, and answers who does not ask past it */
  gboolean is_deaf;       /* never says "100 Continue" */
  gboolean floods;        /* interim answers, one after another, before each answer that counts */
} OddHabits;

typedef struct
{
  OddHabits habits;
  TestThreadedServer *server;
  guint16 port;
  GMutex lock;
  GByteArray *file; /* NULL: none */
  guint n_puts;
  guint n_expecting; /* of these, with "Expect: 100-continue" */
  gboolean hides_file;
  guint n_empty; /* of these, without a body */
} OddServer;

/* The main context has to run while it is asked. */
OddServer *odd_server_start (const OddHabits *habits);
void odd_server_free (OddServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OddServer, odd_server_free)
