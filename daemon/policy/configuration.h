/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules in force: read from the key files of vendor, administrator and person, and again whenever one changes. Main
 * thread.
 */
#pragma once

#include "policy/rules.h"

G_BEGIN_DECLS

/**
 * ObConfiguration:
 *
 * Signal `changed` (): rules or problem are others than before. As long as there is a problem the last good rules stay in
 * force; at the start, when there are none yet, those of the files that are good.
 */
#define OB_TYPE_CONFIGURATION (ob_configuration_get_type ())
G_DECLARE_FINAL_TYPE (ObConfiguration, ob_configuration, OB, CONFIGURATION, GObject)

/* @folders: each with outbox.conf and outbox.conf.d/NAME.conf, read in this order; the last one is the person's own. */
ObConfiguration *ob_configuration_new (const char *const *folders);

/* Returns: (transfer full): those of vendor, administrator and person; the first two are given by OUTBOX_CONFIG_FOLDERS,
 * with colons between them, where it is set. */
char **ob_configuration_list_folders (void);

/* Returns: (transfer none): never NULL. Another after each `changed`: take a reference to keep it. */
ObRules *ob_configuration_get_rules (ObConfiguration *self);

/* Returns: (transfer full) (nullable): what is wrong with the files as they are, with file, group and key. */
char *ob_configuration_dup_problem (ObConfiguration *self);

/* Returns: (transfer none): the files that the rules in force were read from, in order. */
const char *const *ob_configuration_get_files (ObConfiguration *self);

/* Returns: (transfer none): the person's own outbox.conf, which need not be there. */
const char *ob_configuration_get_own_file (ObConfiguration *self);

/* Whether the whole would be good if the person's own file had that text. Errors: InvalidArgument, Storage. */
gboolean ob_configuration_check (ObConfiguration *self, const char *text, GError **error);

/* Checks it, writes it, and has it in force when it returns. Errors: InvalidArgument, Storage, DiskFull. */
gboolean ob_configuration_write_own (ObConfiguration *self, const char *text, GError **error);

G_END_DECLS
