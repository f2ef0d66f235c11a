/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A destination as a plain record: a server to send to, and what holds everything for it.
 */
#pragma once

#include "dbus/status.h"
#include "model/health.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char *name;
  char *protocol;
  char *url;
  GStrv also;         /* URLs of other origins where it may keep uploads; NULL: none. Secrets are not sent there */
  char *confirm_url;  /* NULL: the success that the protocol reports is the receipt */
  char *amend_url;    /* what is changed after a file was sent is told there; NULL: it cannot be changed any more */
  OutboxRung receipt; /* the rung that a person wants; none: what it can give */
  GVariant *headers;  /* a{ss}, never NULL; may be secrets, so they are never shown */
  GVariant *sign_in;  /* a{ss}, never NULL: its kind, and what else may be shown of it; empty: there is none */
  gboolean is_default;
  gboolean is_paused;  /* by a person */
  gboolean is_managed; /* by a file of the administrator: no caller changes its settings */
  ObHealth health;
} ObDestination;

ObDestination *ob_destination_new (const char *name);
void ob_destination_free (ObDestination *destination);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDestination, ob_destination_free)

/* @shown: (nullable): a{ss}, as ob_sign_in_dup_shown() gives it; NULL: it has none any more */
void ob_destination_set_sign_in (ObDestination *destination, GVariant *shown);

/* Returns: whether it has a sign-in, whose secret is kept elsewhere */
gboolean ob_destination_has_sign_in (const ObDestination *destination);

/* Returns: whether it has one of that kind */
gboolean ob_destination_is_sign_in_kind (const ObDestination *destination, const char *kind);

/* Returns: whether it has 1 to 64 letters, digits, '-', '_' and '.' */
gboolean ob_destination_is_name (const char *name);

/* Returns: whether it is an http or https URL of at most 16 KiB with a host, and clean text: libsoup gets no other */
gboolean ob_destination_is_url (const char *url);

/* Pure. Returns: whether its host is this device, which needs no network */
gboolean ob_destination_is_local (const ObDestination *destination);

/* Pure. Returns: the rung that a receipt must reach before an upload for it is done. A confirm URL says what becomes of a file;
 * without one the success that the protocol reports is all that can be had, unless a person wants more. */
OutboxRung ob_destination_get_promise (const ObDestination *destination);

/* Returns: (transfer full): scheme, host and port as the URL has them */
char *ob_destination_dup_origin (const char *url);

G_END_DECLS
