/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The answer to a command that is done in slices, and the turn after which it came. Main thread.
 */
#pragma once

#include "broker/queue.h"

G_BEGIN_DECLS

typedef struct
{
  GError *error;
  guint n_answers;
  guint turn;
  ObQueue *turns; /* borrowed; set by whoever commands */
} LateAnswer;

/* An ObCommandDone. @user_data: LateAnswer */
void late_answer_take (const GError *error, gpointer user_data);

/* To be waited for. @answer: LateAnswer. */
gboolean late_answer_has_come (gpointer answer);

G_END_DECLS
