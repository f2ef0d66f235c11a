/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A tus server that goes as far as a certain point of an exchange and no further, while its connection stays open. Its main
 * loop is the test's; what it says is said on threads of its own. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  TEST_TRAP_UNACCEPTED, /* its queue of connections is full */
  TEST_TRAP_ACCEPTED,   /* it says nothing at all, not even in TLS */
  TEST_TRAP_ASKED,      /* the head of a request was read; no answer */
  TEST_TRAP_HALF_HEAD,  /* the answer ends in the middle of its head */
  TEST_TRAP_DRIPPING,   /* its head has no end: a byte now and then */
  TEST_TRAP_NOT_YET,    /* one "102 Processing" after another */
  TEST_TRAP_NO_BODY,    /* the answer's body does not come */
  TEST_TRAP_UNREAD,     /* the request's body is not read */
  TEST_TRAP_HALF_READ,  /* half of a mebibyte of it is */
  TEST_TRAP_LAST_BYTE,  /* all of it is; no answer */
  TEST_TRAP_FORGETFUL,  /* it hangs nowhere: a second request on a connection ends it without a word */
} TestTrapPoint;

typedef struct _TestTrap TestTrap;

/* Listens in the namespace of the calling thread. @method: of the requests that it stops at; others are answered. */
TestTrap *test_trap_new (TestTrapPoint point, const char *method);
void test_trap_free (TestTrap *trap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestTrap, test_trap_free)

guint16 test_trap_get_port (TestTrap *trap);

/* How many connections have come to the point; and how many of these have ended since, reset or closed by the other side. */
guint test_trap_count_reached (TestTrap *trap);
guint test_trap_count_ended (TestTrap *trap);

G_END_DECLS
