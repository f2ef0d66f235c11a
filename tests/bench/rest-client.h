/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client of REST that costs as little as can be: one blocking socket a request. Main thread.
 */
#pragma once

#include "rig.h"

G_BEGIN_DECLS

/* A way in, and what a request needs there. */
typedef struct
{
  char *address; /* the path of the Unix socket, or the port of 127.0.0.1 */
  char *url;     /* without a slash at its end */
  char *fields;  /* of each head, with Host, each with its CR LF */
} RestDoor;

/* All are copied. Returns: (transfer full) */
RestDoor *rest_door_new (const char *address, const char *url, const char *fields);

/* Waits until somebody listens at the daemon's Unix socket. Returns: (transfer full) */
RestDoor *rest_find_socket (Rig *rig);

/* The port for web pages, by a page that a person has let in, as far as pages can be. Returns: (transfer full) */
RestDoor *rest_find_port (Rig *rig);

void rest_door_free (RestDoor *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RestDoor, rest_door_free)

/* Sends a request and reads its answer up to the end of the connection. @fields: further lines of the head, each with its CR LF.
 * @body: (nullable). @answer: (out) (optional) (transfer full): head and body. Returns: the HTTP status. */
guint rest_ask (const RestDoor *door, const char *method, const char *target, const char *fields, GBytes *body,
                char **answer);

/* Returns: (transfer full): what a field of an answer's head says */
char *rest_dup_field (const char *answer, const char *name);

/* --- Other clients, each a process --- */

/* @argv: ends with NULL. @line: (out) (optional) (transfer full): its first line. Returns: (transfer full): a program that has printed
 * that */
GSubprocess *rest_start_peer (const char *const *argv, char **line);

/* @kind: as visitors-peer.c has it. @n_visitors: in all. Returns: (transfer full): their processes, when all have come */
GPtrArray *rest_send_visitors (const RestDoor *door, const char *kind, guint n_visitors);

/* Ends them. @crowd: (transfer full). Returns: how many events of changes they have got in all */
double rest_end_visitors (GPtrArray *crowd);

G_END_DECLS
