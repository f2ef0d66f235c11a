/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who asks, whatever the door: which app, and whether it is sandboxed. No state.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OB_CALLER_HOST,      /* a program that acts for the person */
  OB_CALLER_SANDBOXED, /* an app that must not reach what is another's */
} ObCallerKind;

#define OB_N_CALLER_KINDS (OB_CALLER_SANDBOXED + 1)

typedef struct
{
  char *app; /* the sandbox's app id, else that of its unit, else the name of its program or script */
  ObCallerKind kind;
} ObCaller;

void ob_caller_free (ObCaller *caller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObCaller, ob_caller_free)

/* NotAllowed: nobody is let in of whom it is not known who it is. */
void ob_caller_set_unknown (GError **error, const char *why);

G_END_DECLS
