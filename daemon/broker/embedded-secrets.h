/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets among the settings of a destination, as older versions kept them and callers of Set may give them: headers that are
 * credentials, and a user name with a password in a URL. Pure.
 *
 *   where                                         what becomes of it
 *   a header that is a credential by its name     of the sign-in, with all others; it leaves the headers
 *   user and password in the URL                  the sign-in, of kind basic, unless there is such a header
 *   the same in a confirm or amend URL of the same origin  the sign-in, if the URL itself has none
 *   the same in a confirm or amend URL of another origin,  dropped: a sign-in is for one origin
 *   or in a URL of "also"
 */
#pragma once

#include "broker/destination-settings.h"
#include "model/sign-in.h"

G_BEGIN_DECLS

/* Returns: whether there is anything to take */
gboolean ob_embedded_secrets_are_in (const ObDestination *destination);

/* Takes them out of the destination; and out of settings that own what they point at (ob_destination_settings_copy()). Returns:
 * (transfer full) (nullable): the sign-in; %NULL where there is none */
ObSignIn *ob_embedded_secrets_take (ObDestination *destination);
ObSignIn *ob_embedded_secrets_take_from_settings (ObDestinationSettings *settings);

G_END_DECLS
