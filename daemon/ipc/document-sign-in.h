/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The document of a sign-in at a page. Main thread.
 */
#pragma once

#include "broker/sign-ins.h"

G_BEGIN_DECLS

/* Returns: a{sv}, floating: what a person has to see, as signing_in of a destination has it */
GVariant *ob_document_signing_in (const ObSignInView *view);

G_END_DECLS
