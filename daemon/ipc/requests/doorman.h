/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks at each new request of a page to be let in before a person is told of it: the apps of the administrator's list
 * (ipc/kiosk.h) are approved at once, of all others the person is told. The list is read anew each time, by a process, since it may
 * lie on a folder that does not answer; then the person is told. What is wrong with the list is kept, for a person who looks. Main
 * thread.
 */
#pragma once

#include "ipc/requests/request.h"

G_BEGIN_DECLS

typedef struct _ObDoorman ObDoorman;

/* Reads the list soon after the start too. @context: borrowed. @folders: where the list can be: those that are not the person's own */
ObDoorman *ob_doorman_new (const ObRequestContext *context, const char *const *folders);
void ob_doorman_free (ObDoorman *doorman);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDoorman, ob_doorman_free)

G_END_DECLS
