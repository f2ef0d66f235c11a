/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What cannot be seen from a user namespace of one's own, asked of a process outside it, outbox-witness: who another process is, and
 * whether a file is root's. The unit of outboxd has such a namespace, so that the program which reads what servers and pages send cannot
 * look into a person's other programs. Whoever starts outboxd without the unit has no namespace, and no witness. Any thread; in an errand
 * (base/errand.h), too: system calls alone, no memory allocation.
 *
 * One question and one answer a connection, each a message of its own (SOCK_SEQPACKET) and one of the structs below: both programs are of one
 * build. The question has the descriptor that it is about, if it is about one.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OB_WITNESS_WHO,   /* is process @pid, whose pidfd comes with the question where there is one? */
  OB_WITNESS_ROOTS, /* is the file that comes with the question root's? */
} ObWitnessKind;

typedef struct
{
  guint32 kind;
  guint32 pid;
  gint64 connected_us; /* as ob_process_identify() has it */
} ObWitnessQuestion;

#define OB_WITNESS_TEXT_BYTES 4096

typedef struct
{
  guint32 is_told;                  /* WHO: it is known; ROOTS: it is root's */
  guint32 caller;                   /* of WHO: ObCallerKind */
  char text[OB_WITNESS_TEXT_BYTES]; /* ends with NUL. WHO: the app, or why it is not told */
} ObWitnessAnswer;

/* Before there is a thread. @path: (nullable): of the socket at which it listens; kept */
void ob_witness_set_socket (const char *path);

/* Returns: whether there is one, which then is asked instead of looking oneself. */
gboolean ob_witness_is_there (void);

/* @fd: a descriptor that goes with the question, or -1; not closed. Takes at most OB_WITNESS_MOST_S. Returns: errno, 0: @answer is one. */
#define OB_WITNESS_MOST_S 10
int ob_witness_ask (const ObWitnessQuestion *question, int fd, ObWitnessAnswer *answer);

/* For the witness: blocks for at most that long. @fd: (out): what came with it, or -1; the caller closes it. Returns: whether it is a question,
 * of a program of the same user. */
gboolean ob_witness_receive (int connection, ObWitnessQuestion *question, int *fd);
void ob_witness_reply (int connection, const ObWitnessAnswer *answer);

G_END_DECLS
