/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes an answer. Main thread.
 */
#include "late-answer.h"

void
late_answer_take (const GError *error, gpointer user_data)
{
  LateAnswer *answer = user_data;

  answer->n_answers++;
  answer->error = error ? g_error_copy (error) : NULL;
  answer->turn = ob_queue_get_turn_number (answer->turns);
}

gboolean
late_answer_has_come (gpointer answer)
{
  return ((LateAnswer *) answer)->n_answers > 0;
}
