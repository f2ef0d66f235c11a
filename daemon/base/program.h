/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a program of somebody else's for the short text that it writes: without a shell, in an environment of a few words, in a group of
 * processes that is killed as a whole, for a bounded time and a bounded output. A process of this program's own (base/errand.h)
 * watches over it, since even to start a program may hang on its file system. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_PROGRAM_MOST_BYTES (64 * 1024)

/* Of its standard error, which is for the log alone, so much is kept. */
#define OB_PROGRAM_MOST_WORDS_BYTES 2048

typedef enum
{
  OB_PROGRAM_EXITED,    /* number: its exit code */
  OB_PROGRAM_SIGNALLED, /* number: the signal that ended it */
  OB_PROGRAM_LATE,      /* it was killed, since its time was over */
  OB_PROGRAM_TOO_MUCH,  /* it was killed, since it wrote too much */
  OB_PROGRAM_MISSING,   /* number: the errno with which it could not be started */
} ObProgramFate;

/* How it ended. */
typedef struct
{
  ObProgramFate fate;
  int number;
  char *output; /* what it wrote, perhaps a secret: any bytes, NUL-terminated; overwritten when it is freed */
  gsize output_bytes;
  char *words; /* of its standard error, clean, one line, without what it wrote as output */
} ObProgramEnd;

typedef struct _ObProgram ObProgram;

/* @end: (nullable): borrowed: NULL: this device could start no process */
typedef void (*ObProgramDone) (const ObProgramEnd *end, gpointer user_data);

/**
 * ob_program_start:
 * @argv: words as the program gets them; the first is its path
 * @most_ms: how long it may take
 *
 * Its environment has HOME, USER, LOGNAME, XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS as this process has them, PATH of the
 * system's programs and LANG=C.UTF-8; it reads from /dev/null, and runs in /. @done is called once from the main loop, or at once
 * where no process can be started, and not after ob_program_free().
 *
 * Returns: (transfer full) (nullable): %NULL after @done was called
 */
ObProgram *ob_program_start (const char *const *argv, gint64 most_ms, ObProgramDone done, gpointer user_data);

/* Kills it and all that it has started. May be called by @done. */
void ob_program_free (ObProgram *program);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObProgram, ob_program_free)

G_END_DECLS
