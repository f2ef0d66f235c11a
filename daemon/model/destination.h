/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server to send to, as a plain record, with what holds everything that goes there.
 */
#pragma once

#include "model/health.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char *name;
  char *protocol;
  char *url;
  GStrv also;        /* URLs of other origins where it may keep uploads, NULL: none; secrets stay at its own */
  char *confirm_url; /* NULL: the protocol's own word is the receipt */
  GVariant *headers; /* a{ss}, never NULL; secrets among them: never shown */
  gboolean is_default;
  gboolean is_paused; /* by a person */
  ObHealth health;
} ObDestination;

ObDestination *ob_destination_new (const char *name);
void ob_destination_free (ObDestination *destination);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDestination, ob_destination_free)

/* 1 to 64 letters, digits, '-', '_' and '.'. */
gboolean ob_destination_is_name (const char *name);

/* An http or https URL of at most 16 KiB with a host, and clean text. No other gets to libsoup, whoever said it. */
gboolean ob_destination_is_url (const char *url);

/* Whether its host is this device itself, which needs no network. Pure. */
gboolean ob_destination_is_local (const ObDestination *destination);

/* Returns: (transfer full): scheme, host and port of such a URL, as they are written in it. */
char *ob_destination_dup_origin (const char *url);

G_END_DECLS
