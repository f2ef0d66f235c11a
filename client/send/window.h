/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small windows of the person's desktop, by the program that it has for them: zenity, or kdialog where that is at home. Each waits for
 * the person. No text is taken for markup.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full) (nullable): one of the names, the first of which stands out; NULL: the person wants none. Where there are no
 * windows, the first. */
char *window_choose (const char *question, const char *const *names);

/* Returns: (transfer full) (nullable): paths; NULL: none */
GStrv window_choose_files (const char *title);

/* Returns: whether the person pressed @button; FALSE where there are no windows, and it is on standard error */
gboolean window_ask (const char *words, const char *button);

/* @words: what went wrong, in lines. */
void window_tell_error (const char *words);

/* A notification, which goes by itself. */
void window_notify (const char *words);

G_END_DECLS
