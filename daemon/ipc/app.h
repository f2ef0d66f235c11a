/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds the app that a program of the host belongs to, by what /proc says of its process. Submit keys, rules and lists
 * depend on it, so two scripts of one interpreter must be two apps. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_APP_MAX_BYTES 255

/* Returns: whether a caller may use it as the name of an app: 1 to 255 bytes of UTF-8 without slash, control and format
 * characters, and not only dots */
gboolean ob_app_is_name (const char *text);

/* Returns: (transfer full): such a name made from a file's name */
char *ob_app_dup_name (const char *file_name);

/**
 * ob_app_from_cgroup:
 * @text: the content of /proc/PID/cgroup
 *
 * By the names that desktops give to the units of apps (systemd, "Desktop Environment Integration"):
 * `app[-LAUNCHER]-ID-RANDOM.scope` and `app[-LAUNCHER]-ID[@RANDOM].service`, with escapes in LAUNCHER and ID.
 *
 * Returns: (transfer full) (nullable): the app's id; NULL: it is in no such unit
 */
char *ob_app_from_cgroup (const char *text);

/**
 * ob_app_from_command:
 * @program: the file name of the program that runs
 * @arguments: the content of /proc/PID/cmdline: strings that end with NUL
 * @size_bytes: of that
 *
 * Returns: (transfer full): the name of the program; of an interpreter that of its script, module or archive, where it has one
 */
char *ob_app_from_command (const char *program, const char *arguments, gsize size_bytes);

/**
 * ob_app_from_sandbox_info:
 * @text: the content of `.flatpak-info`, NUL-terminated
 * @size_bytes: of that
 *
 * Returns: (transfer full) (nullable): the name of the application; NULL: there is none that can be one
 */
char *ob_app_from_sandbox_info (const char *text, gsize size_bytes);

G_END_DECLS
