/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules in force, read from the key files of vendor, administrator and person, and again when one changes. Main thread.
 */
#pragma once

#include "policy/own-file.h"
#include "policy/rules.h"

G_BEGIN_DECLS

/**
 * ObConfiguration:
 *
 * Signal `changed` (): the rules or the problem have changed. While there is a problem, the last good rules stay in force, those
 * of the process before included; at the first start, when there are none yet, those of the good files.
 */
#define OB_TYPE_CONFIGURATION (ob_configuration_get_type ())
G_DECLARE_FINAL_TYPE (ObConfiguration, ob_configuration, OB, CONFIGURATION, GObject)

/**
 * ob_configuration_new:
 * @folders: read in this order, each with outbox.conf and outbox.conf.d/NAME.conf; the last one is the person's own
 * @last_file: (nullable): one of the broker's own files, which keeps what the rules in force were read from
 *
 * Errors: Storage, if the files do not answer and were never read before: there must be no rules that allow more than theirs.
 * Returns: (transfer full) (nullable)
 */
ObConfiguration *ob_configuration_new (const char *const *folders, const char *last_file, GError **error);

/* Ends what was asked for and is not done yet, with an error. Call it before whoever asked is gone. */
void ob_configuration_stop (ObConfiguration *self);

/* Returns: (transfer full): the folders of vendor, administrator and person. OUTBOX_CONFIG_FOLDERS, with colons,
 * replaces the first two. */
char **ob_configuration_list_folders (void);

/* Returns: (transfer none): never NULL. `changed` replaces it: take a reference to keep it. */
ObRules *ob_configuration_get_rules (ObConfiguration *self);

/* Returns: (transfer full) (nullable): what is wrong with the present files, with file, group and key */
char *ob_configuration_dup_problem (ObConfiguration *self);

/* Returns: (transfer none): the files of the rules in force, in order */
const char *const *ob_configuration_get_files (ObConfiguration *self);

/* Returns: (transfer none): the path of the person's own outbox.conf, which need not exist */
const char *ob_configuration_get_own_file (ObConfiguration *self);

/* Returns: (transfer full): the words of an error, with the files of the configuration named without their folders, for whoever
 * is not told where they lie */
char *ob_configuration_dup_without_folders (ObConfiguration *self, const char *words);

/* Returns: whether all files together, as they last were, would be good with @text as the person's own. Errors: InvalidArgument,
 * Storage. */
gboolean ob_configuration_check (ObConfiguration *self, const char *text, GError **error);

/* Checks @text, writes it to the person's own file, and has it in force when @done is called, perhaps at once. Errors: InvalidArgument, and
 * those of own-file.h. */
void ob_configuration_write_own (ObConfiguration *self, const char *text, ObOwnFileDone done, gpointer user_data);

G_END_DECLS
