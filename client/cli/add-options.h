/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command line of outbox add says of all its files. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *destination;
  char *group;
  char *title;
  char *media_type;
  char *key;
  char *app;
  char *name;     /* of the file that comes by standard input */
  GStrv metadata; /* K=V */
  char *not_before;
  int priority;
  gboolean is_form;
  gboolean is_move;
  gboolean is_wait;
  gboolean is_json;
  gboolean is_quiet;
  gboolean is_recursive;
} CliAddOptions;

void cli_add_options_clear (CliAddOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliAddOptions, cli_add_options_clear)

/* Returns: (transfer full) (nullable): a{sv} as Submit takes it; NULL: it was said what is wrong. */
GVariant *cli_add_options_make_common (const CliAddOptions *options);

/* Adds KEY=VALUE of each to @metadata, a builder of a{ss}. Returns: FALSE where one is not; what is wrong was said */
gboolean cli_read_pairs (const char *verb, char *const *pairs, GVariantBuilder *metadata);

G_END_DECLS
