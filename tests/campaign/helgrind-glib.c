/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells helgrind of GLib's own mutexes, which are futexes that it cannot know: what one thread did before it let go of one
 * has happened for the thread that takes it next. GAsyncQueue, GCond and main contexts all stand on these. A library to be
 * preloaded; valgrind finds the wrappers by their names.
 */
#include <valgrind/helgrind.h>
#include <valgrind/valgrind.h>

#define WRAPPER(function) I_WRAP_SONAME_FNNAME_ZU (libglibZh2Zd0ZdsoZd0, function)

void WRAPPER (g_mutex_lock) (void *mutex);
int WRAPPER (g_mutex_trylock) (void *mutex);
void WRAPPER (g_mutex_unlock) (void *mutex);

void
WRAPPER (g_mutex_lock) (void *mutex)
{
  OrigFn original;

  VALGRIND_GET_ORIG_FN (original);
  DO_CREQ_v_WW (_VG_USERREQ__HG_PTHREAD_MUTEX_LOCK_PRE, void *, mutex, long, 0);
  CALL_FN_v_W (original, mutex);
  DO_CREQ_v_WW (_VG_USERREQ__HG_PTHREAD_MUTEX_LOCK_POST, void *, mutex, long, 1);
}

int
WRAPPER (g_mutex_trylock) (void *mutex)
{
  OrigFn original;
  long is_locked;

  VALGRIND_GET_ORIG_FN (original);
  DO_CREQ_v_WW (_VG_USERREQ__HG_PTHREAD_MUTEX_LOCK_PRE, void *, mutex, long, 1);
  CALL_FN_W_W (is_locked, original, mutex);
  DO_CREQ_v_WW (_VG_USERREQ__HG_PTHREAD_MUTEX_LOCK_POST, void *, mutex, long, (int) is_locked != 0);

  return (int) is_locked;
}

void
WRAPPER (g_mutex_unlock) (void *mutex)
{
  OrigFn original;

  VALGRIND_GET_ORIG_FN (original);
  DO_CREQ_v_W (_VG_USERREQ__HG_PTHREAD_MUTEX_UNLOCK_PRE, void *, mutex);
  CALL_FN_v_W (original, mutex);
  DO_CREQ_v_W (_VG_USERREQ__HG_PTHREAD_MUTEX_UNLOCK_POST, void *, mutex);
}
