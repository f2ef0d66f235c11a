/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-visitors-peer SOCKET|PORT streams|slow N FIELDS: N visitors at REST's door at once, until standard input ends. One that is turned away
 * comes again. FIELDS are in each head, with Host. It prints a line when all are there, and at the end how many events of changes came.
 *
 *   streams   read the event stream as fast as it comes
 *   slow      in turns: say nothing; send a head, a body, byte by byte; open the event stream and read a byte a second
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MOST 128

#define WORK_MS 1000 /* a slow visitor does something so often */

/* What each kind of visitor sends at once, and what byte by byte: requests without their end, or bytes. */
typedef struct
{
  const char *first;
  const char *slowly;
  const char *bytes;
  int reads_all;
} Kind;

#define EVENTS "GET /v1/events HTTP/1.1\r\n"
#define BYTES "bytes and bytes and bytes and bytes and bytes and bytes and bytes and bytes"

static const Kind stream_kind = { EVENTS, NULL, "", 1 };
static const Kind slow_kinds[] = {
  { NULL, NULL, "", 0 },
  { NULL, "GET /v1/summary HTTP/1.1\r\n", "", 0 },
  { "POST /v1/uploads HTTP/1.1\r\nContent-Length: 1000\r\n", NULL, BYTES, 0 },
  { EVENTS, NULL, "", 0 },
};

/* The door, and the fields that it wants. */
static const char *door;
static const char *fields;

typedef struct
{
  const Kind *kind;
  int fd;
  char slowly[1024];
  size_t n_sent; /* of what goes slowly */
  char line[32]; /* the beginning of the line that is coming */
  size_t n_line; /* how much of it has come */
  int is_ready;  /* its stream has begun */
} Visitor;

static unsigned long long n_changes;

static void
check (int is_good, const char *what)
{
  if (is_good)
    return;
  fprintf (stderr, "bench-visitors-peer: %s: %s\n", what, strerror (errno));
  exit (1);
}

static int
connect_to_door (void)
{
  struct sockaddr_un path = { .sun_family = AF_UNIX };
  struct sockaddr_in port = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  const int is_path = *door == '/';
  int fd = socket (is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  check (fd >= 0 && strlen (door) < sizeof path.sun_path, door);
  strcpy (path.sun_path, door);
  port.sin_port = htons ((unsigned short) atoi (door));
  check (connect (fd, is_path ? (struct sockaddr *) &path : (struct sockaddr *) &port,
                  is_path ? sizeof path : sizeof port)
             == 0,
         "connect");

  return fd;
}

/* @request: NULL: nothing */
static void
write_request (char *text, size_t size, const char *request, const char *end)
{
  check (snprintf (text, size, "%s%s%s", request ? request : "", request ? fields : "", request ? "\r\n" : end)
             < (int) size,
         "too long");
}

static void
come (Visitor *visitor)
{
  char first[1024];

  visitor->fd = connect_to_door ();
  visitor->n_sent = visitor->n_line = 0;
  write_request (first, sizeof first, visitor->kind->first, "");
  write_request (visitor->slowly, sizeof visitor->slowly, visitor->kind->slowly, visitor->kind->bytes);
  (void) send (visitor->fd, first, strlen (first), MSG_NOSIGNAL);
}

static void
come_again (Visitor *visitor)
{
  (void) close (visitor->fd);
  come (visitor);
}

static int
is_line (const Visitor *visitor, const char *text)
{
  return visitor->n_line == strlen (text) && memcmp (visitor->line, text, visitor->n_line) == 0;
}

static void
take_byte (Visitor *visitor, char byte)
{
  if (byte == '\n')
    {
      n_changes += is_line (visitor, "event: changes");
      visitor->is_ready |= is_line (visitor, "event: ready");
      visitor->n_line = 0;
    }
  else if (visitor->n_line < sizeof visitor->line)
    visitor->line[visitor->n_line++] = byte;
}

/* Returns: whether it is still there */
static int
read_some (Visitor *visitor, size_t most)
{
  char buffer[16384];
  ssize_t got = recv (visitor->fd, buffer, most < sizeof buffer ? most : sizeof buffer, MSG_DONTWAIT);

  for (ssize_t i = 0; i < got; i++)
    take_byte (visitor, buffer[i]);

  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
work_slowly (Visitor *visitor)
{
  int is_there = read_some (visitor, 1);

  if (is_there && visitor->slowly[visitor->n_sent] != '\0')
    is_there = send (visitor->fd, visitor->slowly + visitor->n_sent++, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
  if (!is_there)
    come_again (visitor);
}

static long long
now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void
tell_once (const Visitor *visitors, int n_visitors, int *is_told)
{
  for (int i = 0; i < n_visitors; i++)
    if (visitors[i].kind->reads_all && !visitors[i].is_ready)
      return;
  if (!*is_told)
    printf ("here\n");
  fflush (stdout);
  *is_told = 1;
}

static void
stay (Visitor *visitors, int n_visitors)
{
  struct pollfd polled[MOST + 1] = { { .fd = STDIN_FILENO, .events = POLLIN } };
  long long next_ms = 0;
  int is_told = 0;

  for (;;)
    {
      tell_once (visitors, n_visitors, &is_told);
      for (int i = 0; i < n_visitors; i++)
        polled[i + 1] = (struct pollfd){ .fd = visitors[i].kind->reads_all ? visitors[i].fd : -1, .events = POLLIN };
      (void) poll (polled, (nfds_t) n_visitors + 1, WORK_MS / 4);
      if (polled[0].revents)
        return;
      for (int i = 0; i < n_visitors; i++)
        if (polled[i + 1].revents && !read_some (&visitors[i], SIZE_MAX))
          come_again (&visitors[i]);
      if (now_ms () < next_ms)
        continue;
      next_ms = now_ms () + WORK_MS;
      for (int i = 0; i < n_visitors; i++)
        if (!visitors[i].kind->reads_all)
          work_slowly (&visitors[i]);
    }
}

int
main (int argc, char *argv[])
{
  static Visitor visitors[MOST];
  int n_visitors = argc == 5 ? atoi (argv[3]) : 0;

  check (n_visitors > 0 && n_visitors <= MOST, "usage: bench-visitors-peer SOCKET|PORT streams|slow N FIELDS");
  door = argv[1];
  fields = argv[4];
  for (int i = 0; i < n_visitors; i++)
    {
      visitors[i].kind = strcmp (argv[2], "slow") == 0 ? &slow_kinds[i % 4] : &stream_kind;
      come (&visitors[i]);
    }
  stay (visitors, n_visitors);
  printf ("%llu\n", n_changes);

  return 0;
}
