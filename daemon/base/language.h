/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The language of the person whose session it is. The service itself runs in none, so that what it writes down and answers, the words of
 * the system and of libraries included, is English whoever starts it; only while it says something to a person does its thread speak
 * theirs.
 */
#pragma once

#include <glib.h>
#include <locale.h>

G_BEGIN_DECLS

typedef struct
{
  locale_t persons; /* owned; 0: the session names one that is not on this device */
  locale_t before;
} ObLanguage;

/* Speaks the person's, in this thread, until the end of the scope. */
ObLanguage ob_language_speak (void);
void ob_language_end (ObLanguage *language);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ObLanguage, ob_language_end)

G_END_DECLS
