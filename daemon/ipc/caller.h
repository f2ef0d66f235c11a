/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who asks, whatever the door: which app, and of which kind it is. No state.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OB_CALLER_HOST,      /* a program that acts for the person */
  OB_CALLER_SANDBOXED, /* an app that must not reach what is another's */
  OB_CALLER_PAGE,      /* a web page that a person has let in, with its own uploads */
  OB_CALLER_MANAGER,   /* one that was let in to manage: others' uploads too */
  OB_CALLER_DASHBOARD, /* the page of Outbox itself, in which a person acts */
} ObCallerKind;

#define OB_N_CALLER_KINDS (OB_CALLER_DASHBOARD + 1)

typedef struct
{
  char *
      app; /* the sandbox's app id, else that of its unit, else the name of its program or script; of a page, see ob_pairing_dup_app() */
  ObCallerKind kind;
} ObCaller;

ObCaller *ob_caller_copy (const ObCaller *caller);
void ob_caller_free (ObCaller *caller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObCaller, ob_caller_free)

/* NotAllowed: nobody is let in of whom it is not known who it is. */
void ob_caller_set_unknown (GError **error, const char *why);

G_END_DECLS
