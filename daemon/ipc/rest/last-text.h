/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The JSON of the document that was told last. All event streams are told of a change one after the other; two hundred of them
 * share one text, which is made once. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObLastText ObLastText;

ObLastText *ob_last_text_new (void);
void ob_last_text_free (ObLastText *last);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObLastText, ob_last_text_free)

/* @body: what the feed tells, not floating. Returns: (transfer full): the JSON of its first child */
GRefString *ob_last_text_write (ObLastText *last, GVariant *body);

G_END_DECLS
