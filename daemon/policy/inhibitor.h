/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holds the end of a session or of the device back, with words that whoever wants to end it is shown. Several services can be
 * asked for that; the first that agrees is enough. One that is not there, refuses, does not answer, says something else, ends or
 * comes back changes nothing for anybody else. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a service gives for it, and how that is given back. */
typedef enum
{
  OB_INHIBITED_BY_DESCRIPTOR, /* logind: until it is closed */
  OB_INHIBITED_BY_COOKIE,     /* a session's manager: until Uninhibit with it */
  OB_INHIBITED_BY_HANDLE,     /* the portal: until the request of that path is closed */
} ObInhibitedBy;

typedef struct
{
  const char *name;
  const char *path;
  const char *interface;
  GVariant *(*make_arguments) (const char *words); /* of its method Inhibit. Returns: (transfer floating) */
  ObInhibitedBy by;
} ObInhibitorWay;

/* At logind: the shutdown, by blocking it, or where that is not allowed (polkit) by delaying it. In a session: the logout, by its
 * manager (org.gnome.SessionManager) or the portal (org.freedesktop.portal.Inhibit). */
extern const ObInhibitorWay ob_inhibitor_shutdown[2];
extern const ObInhibitorWay ob_inhibitor_logout[2];

typedef struct _ObInhibitor ObInhibitor;

/* A service that has not answered by then is left alone; what it gives later is given back. */
#define OB_INHIBITOR_PATIENCE_MS 10000

/* @bus: a reference is taken. @ways: static, the best first; such as the two above */
ObInhibitor *ob_inhibitor_new (GDBusConnection *bus, const ObInhibitorWay ways[2], guint patience_ms);
void ob_inhibitor_free (ObInhibitor *inhibitor);

/* Holds back with these words from now on, in place of those before; %NULL: not any more. */
void ob_inhibitor_set_words (ObInhibitor *inhibitor, const char *words);

G_END_DECLS
