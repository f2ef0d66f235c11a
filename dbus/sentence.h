/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The service's sentences, for a person.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * outbox_sentence_translate:
 * @text: (nullable): a text of the service: a message of its log or of one of its documents, or of an error
 *
 * Puts a text of the service into the language of the process. The service stores and sends English, whoever reads it; what this
 * version does not know, such as the words of a server, a file's name or a sentence of another version, stays as it is, also within a
 * sentence that is known. The errors and the properties of this library are translated already.
 *
 * Returns: (transfer full): the text for a person; empty where there is none
 */
char *outbox_sentence_translate (const char *text);

G_END_DECLS
