/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The person's language by a locale of the thread, which gettext follows. Any thread.
 */
#include "base/language.h"

ObLanguage
ob_language_speak (void)
{
  ObLanguage language = { .persons = newlocale (LC_ALL_MASK, "", (locale_t) 0) };

  language.before = language.persons ? uselocale (language.persons) : (locale_t) 0;

  return language;
}

void
ob_language_end (ObLanguage *language)
{
  if (!language->persons)
    return;
  (void) uselocale (language->before);
  freelocale (language->persons);
  *language = (ObLanguage){ 0 };
}
