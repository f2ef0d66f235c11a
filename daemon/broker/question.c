/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An answer under a lock. Worker and main thread.
 */
#include "broker/question.h"

struct _ObQuestion
{
  gint refs;
  GMutex lock; /* of all below */
  GCond answered;
  gboolean is_answered;
  int answer;
  gpointer gift; /* owned by whoever waits */
};

ObQuestion *
ob_question_new (void)
{
  ObQuestion *question = g_new0 (ObQuestion, 1);

  g_mutex_init (&question->lock);
  g_cond_init (&question->answered);
  question->refs = 2;

  return question;
}

static void
question_unref (ObQuestion *question)
{
  if (!g_atomic_int_dec_and_test (&question->refs))
    return;
  g_mutex_clear (&question->lock);
  g_cond_clear (&question->answered);
  g_free (question);
}

int
ob_question_wait (ObQuestion *question, gpointer *gift)
{
  int answer;

  g_mutex_lock (&question->lock);
  while (!question->is_answered)
    g_cond_wait (&question->answered, &question->lock);
  answer = question->answer;
  if (gift)
    *gift = question->gift;
  g_mutex_unlock (&question->lock);
  question_unref (question);

  return answer;
}

static void
answer_with (ObQuestion *question, int answer, gpointer gift)
{
  g_mutex_lock (&question->lock);
  question->is_answered = TRUE;
  question->answer = answer;
  question->gift = gift;
  g_cond_signal (&question->answered);
  g_mutex_unlock (&question->lock);
  question_unref (question);
}

void
ob_question_answer (ObQuestion *question, int answer)
{
  answer_with (question, answer, NULL);
}

void
ob_question_give (ObQuestion *question, gpointer gift)
{
  answer_with (question, TRUE, gift);
}
