/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A question that a worker asks the main thread and waits for. One reference is the worker's, the other belongs to the
 * answer.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObQuestion ObQuestion;

/* Worker thread. */
ObQuestion *ob_question_new (void);

/* Waits for the answer, and gives up the worker's reference. @gift: (out) (optional) (transfer full) (nullable): what was given with
 * it. Worker thread. */
int ob_question_wait (ObQuestion *question, gpointer *gift);

/* Called once; gives up the other reference. @answer: whether the change is on the disk; ObCreated for a new resume
 * text. Main thread. */
void ob_question_answer (ObQuestion *question, int answer);

/* The same, with the answer TRUE and a thing for whoever asks. @gift: (transfer full) */
void ob_question_give (ObQuestion *question, gpointer gift);

G_END_DECLS
