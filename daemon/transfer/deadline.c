/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A monotonic time that several threads share, so that a device that slept is not late. Any thread.
 */
#include "transfer/deadline.h"

struct _ObDeadline
{
  gint refs;
  gint64 due_us; /* atomic; 0: none */
};

ObDeadline *
ob_deadline_new (void)
{
  ObDeadline *deadline = g_new0 (ObDeadline, 1);

  deadline->refs = 1;

  return deadline;
}

ObDeadline *
ob_deadline_ref (ObDeadline *deadline)
{
  g_atomic_int_inc (&deadline->refs);

  return deadline;
}

void
ob_deadline_unref (ObDeadline *deadline)
{
  if (g_atomic_int_dec_and_test (&deadline->refs))
    g_free (deadline);
}

void
ob_deadline_set (ObDeadline *deadline, gint64 allowed_ms)
{
  __atomic_store_n (&deadline->due_us, g_get_monotonic_time () + allowed_ms * 1000, __ATOMIC_RELEASE);
}

void
ob_deadline_clear (ObDeadline *deadline)
{
  __atomic_store_n (&deadline->due_us, 0, __ATOMIC_RELEASE);
}

gint64
ob_deadline_begin (ObDeadline *deadline, gint64 allowed_ms)
{
  gint64 due_us = g_get_monotonic_time () + allowed_ms * 1000;
  gint64 none = 0;

  (void) __atomic_compare_exchange_n (&deadline->due_us, &none, due_us, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);

  return due_us;
}

void
ob_deadline_end (ObDeadline *deadline, gint64 due_us)
{
  (void) __atomic_compare_exchange_n (&deadline->due_us, &due_us, 0, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

gboolean
ob_deadline_is_set (ObDeadline *deadline)
{
  return __atomic_load_n (&deadline->due_us, __ATOMIC_ACQUIRE) != 0;
}

gboolean
ob_deadline_is_past (ObDeadline *deadline)
{
  gint64 due_us = __atomic_load_n (&deadline->due_us, __ATOMIC_ACQUIRE);

  return due_us != 0 && g_get_monotonic_time () > due_us;
}
