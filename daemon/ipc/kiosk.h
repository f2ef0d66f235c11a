/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The administrator's list of web apps that are let in without a question to the person, as a kiosk needs where nobody is who could
 * answer. A token is made for each all the same. Pure.
 *
 *   what can come                                             what becomes of it
 *   no list                                                   the person is asked
 *   a list that somebody else than root may write, or put     the person is asked, and the log says so
 *     another file in the place of
 *   one that is no UTF-8 or no key file; another group than   the person is asked, and the log names file, group and key
 *     [App NAME], another key; no origin, or one that may not
 *     be paired; a manage that is no boolean
 *   a page that asks for more than its group allows           the person is asked
 *
 *   [App capture]
 *   origin=https://capture.example
 *   manage=false
 */
#pragma once

#include "base/fetch.h"

G_BEGIN_DECLS

/* Its name in the folders of the vendor and the administrator. */
#define OB_KIOSK_FILE "web-apps.conf"

/**
 * ob_kiosk_lists:
 * @file: the list, which may not be there
 * @origin: by ob_pairing_dup_origin()
 * @may_manage: what the page asks for
 *
 * Errors: NotAllowed, where somebody else may have written the list; InvalidArgument. Returns: whether the list has the origin, and
 * allows what it asks for
 */
gboolean ob_kiosk_lists (const ObFetched *file, const char *origin, gboolean may_manage, GError **error);

/* Returns: whether there is no list, or one that counts. Errors: as ob_kiosk_lists() */
gboolean ob_kiosk_check (const ObFetched *file, GError **error);

G_END_DECLS
