/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Notices what arrives that is news for a person: what had to wait, and the last of a group. Reads it from the journal, so that nothing is
 * missed or told twice over restarts; keeps it (store/news.h) until somebody has shown it and the person has seen it. A member of the
 * queue; main thread.
 */
#pragma once

#include "broker/queue.h"
#include "policy/news.h"
#include "store/news.h"

G_BEGIN_DECLS

typedef struct _ObHerald ObHerald;

/* Its questions to others, and its event. */
typedef struct
{
  const ObReminderSettings *(*get_settings) (gpointer user_data);

  /* Returns: whether something is arriving that nothing holds. */
  gboolean (*is_busy) (gpointer user_data);

  /* There is news to be shown (ob_herald_get_news()), in the place of what is shown; or none of what is shown is true any more. */
  void (*tell) (gboolean has_news, gpointer user_data);
} ObHeraldHost;

extern const ObMember ob_herald_member;

/* @queue: borrowed. @host: static. */
ObHerald *ob_herald_new (ObQueue *queue, const ObHeraldHost *host, gpointer user_data);
void ob_herald_free (ObHerald *herald);

/* It looks between these two calls. */
void ob_herald_start (ObHerald *herald);
void ob_herald_stop (ObHerald *herald);

/* Somebody can show news from now on: what nobody has shown yet is told again. */
void ob_herald_tell_again (ObHerald *herald);

/* Returns: whether there is any */
gboolean ob_herald_get_news (ObHerald *herald, ObNews *news);

/* What was told last is shown. @place: where, in the words of who shows it; kept until it is seen or taken back, over restarts */
void ob_herald_note_shown (ObHerald *herald, const char *place);

/* Returns: (transfer full) (nullable): where it is shown; NULL: it is not */
char *ob_herald_dup_place (ObHerald *herald);

/* The person has seen what is shown, or nobody shows it any more. */
void ob_herald_note_seen (ObHerald *herald);

G_END_DECLS
