/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-flush-peer FOLDER FILE: the bare minimum of a durable hand-over. For each line on standard input it reads FILE,
 * writes a copy and a record, flushes both, renames both into place, flushes the folder and commits a row to SQLite (WAL,
 * synchronous=FULL): the flushes of a Submit, without bus, digest, threads, journal or schema. It prints the
 * microseconds that it took.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct
{
  sqlite3 *database;
  sqlite3_stmt *insert;
  int folder;
  const char *source;
  unsigned number;
} Peer;

static void
check (int is_good, const char *what)
{
  if (is_good)
    return;
  fprintf (stderr, "bench-flush-peer: %s: %s\n", what, strerror (errno));
  exit (1);
}

static void
open_database (Peer *peer)
{
  check (sqlite3_open ("peer.db", &peer->database) == SQLITE_OK, "open");
  check (sqlite3_exec (peer->database,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                       "CREATE TABLE uploads (number INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL)",
                       NULL, NULL, NULL)
             == SQLITE_OK,
         "create");
  check (sqlite3_prepare_v2 (peer->database, "INSERT INTO uploads (name, size) VALUES (?, ?)", -1, &peer->insert, NULL)
             == SQLITE_OK,
         "prepare");
}

static void
write_durably (const char *path, const char *bytes, size_t size)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  check (fd >= 0 && write (fd, bytes, size) == (ssize_t) size && fsync (fd) == 0 && close (fd) == 0, path);
}

static void
commit_row (Peer *peer, const char *name, size_t size)
{
  sqlite3_bind_text (peer->insert, 1, name, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64 (peer->insert, 2, (sqlite3_int64) size);
  check (sqlite3_step (peer->insert) == SQLITE_DONE, "insert");
  sqlite3_reset (peer->insert);
}

static void
take (Peer *peer)
{
  static const char record[] = "{\"name\":\"IMG_0001.jpg\",\"media_type\":\"image/jpeg\",\"destination\":\"depot\"}";
  char bytes_path[64], record_path[64], bytes_target[64], record_target[64];
  static char bytes[1024 * 1024];
  int fd = open (peer->source, O_RDONLY | O_CLOEXEC);
  ssize_t size = read (fd, bytes, sizeof bytes);

  check (size > 0 && close (fd) == 0, peer->source);
  peer->number++;
  snprintf (bytes_path, sizeof bytes_path, "incoming/%u", peer->number);
  snprintf (record_path, sizeof record_path, "incoming/%u.json", peer->number);
  snprintf (bytes_target, sizeof bytes_target, "spool/%u", peer->number);
  snprintf (record_target, sizeof record_target, "spool/%u.json", peer->number);
  write_durably (bytes_path, bytes, (size_t) size);
  write_durably (record_path, record, sizeof record - 1);
  check (rename (record_path, record_target) == 0 && rename (bytes_path, bytes_target) == 0, "rename");
  check (fsync (peer->folder) == 0, "fsync");
  commit_row (peer, bytes_target, (size_t) size);
}

static double
now_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

int
main (int argc, char *argv[])
{
  Peer peer = { .source = argv[2] };
  char line[16];

  check (argc == 3 && chdir (argv[1]) == 0 && mkdir ("incoming", 0700) == 0 && mkdir ("spool", 0700) == 0,
         "usage: bench-flush-peer FOLDER FILE");
  peer.folder = open ("spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  open_database (&peer);
  while (fgets (line, sizeof line, stdin))
    {
      double begin_us = now_us ();

      take (&peer);
      printf ("%.0f\n", now_us () - begin_us);
      fflush (stdout);
    }
  sqlite3_finalize (peer.insert);
  sqlite3_close (peer.database);

  return 0;
}
