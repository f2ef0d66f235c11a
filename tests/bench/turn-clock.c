/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Preloaded into a daemon: takes the time between the return of poll() and the next call to it, a turn of the main loop, and
 * keeps the longest in the file that OUTBOX_BENCH_TURNS names, in microseconds. What the main thread waited for a processor is
 * no part of a turn: other programs have that. Main thread; others are passed on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef struct
{
  int64_t *longest_us; /* shared with who measures, who sets it to 0 */
  int64_t begin_us;    /* 0: no turn has begun */
  int schedstat;
} TurnClock;

static TurnClock turns = { NULL, 0, -1 };

static int64_t
read_waited_us (void)
{
  char text[128] = "";
  unsigned long long ran_ns, waited_ns = 0;

  if (pread (turns.schedstat, text, sizeof text - 1, 0) > 0)
    (void) sscanf (text, "%llu %llu", &ran_ns, &waited_ns);

  return (int64_t) (waited_ns / 1000);
}

static int64_t
now_us (void)
{
  struct timespec now;

  (void) clock_gettime (CLOCK_MONOTONIC, &now);

  return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000 - read_waited_us ();
}

__attribute__ ((constructor)) static void
set_up (void)
{
  const char *path = getenv ("OUTBOX_BENCH_TURNS");
  int fd = path ? open (path, O_RDWR | O_CLOEXEC) : -1;
  void *shared = fd >= 0 ? mmap (NULL, sizeof (int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

  turns.schedstat = open ("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  if (shared != MAP_FAILED)
    turns.longest_us = shared;
  /* Its children are none of it. */
  (void) unsetenv ("LD_PRELOAD");
}

int
poll (struct pollfd *fds, nfds_t n_fds, int timeout)
{
  static int (*real) (struct pollfd *, nfds_t, int);
  int is_counted = turns.longest_us && getpid () == gettid ();
  int n_ready, error;

  if (!real)
    real = (int (*) (struct pollfd *, nfds_t, int)) dlsym (RTLD_NEXT, "poll");
  if (is_counted && turns.begin_us > 0)
    {
      int64_t turn_us = now_us () - turns.begin_us;

      if (turn_us > *turns.longest_us)
        *turns.longest_us = turn_us;
    }
  n_ready = real (fds, n_fds, timeout);
  error = errno;
  if (is_counted)
    turns.begin_us = now_us ();
  errno = error;

  return n_ready;
}
