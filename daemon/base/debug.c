/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines for a maintainer, through GLib's structured log. Owns which domains are on. Any thread.
 */
#include "base/debug.h"

#include "dbus/error.h"

static const struct
{
  const char *word; /* in OUTBOX_DEBUG */
  const char *log_domain;
  ObDebugDomain domain;
} domains[] = {
  { "gate", "outbox-gate", OB_DEBUG_GATE },    { "runs", "outbox-runs", OB_DEBUG_RUNS },
  { "store", "outbox-store", OB_DEBUG_STORE }, { "transfer", "outbox-transfer", OB_DEBUG_TRANSFER },
  { "ipc", "outbox-ipc", OB_DEBUG_IPC },
};

/* Written once, before there is a second thread. */
static guint domains_on;

static guint
find_domains (const char *word)
{
  guint found = 0;

  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    if (g_str_equal (word, domains[i].word) || g_str_equal (word, "all"))
      found |= domains[i].domain;
  if (found == 0)
    g_warning ("OUTBOX_DEBUG: %.20s is none of gate, runs, transfer, store, ipc and all", word);

  return found;
}

/* GLib drops debug lines of domains that G_MESSAGES_DEBUG does not name; before GLib 2.80 there is no other way to tell it. */
static void
let_through (void)
{
  g_autoptr (GString) names = g_string_new (g_getenv ("G_MESSAGES_DEBUG"));

  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    if (domains_on & domains[i].domain)
      g_string_append_printf (names, " %s", domains[i].log_domain);
  (void) g_setenv ("G_MESSAGES_DEBUG", names->str, TRUE);
  g_log_writer_default_set_use_stderr (TRUE);
}

void
ob_debug_begin (const char *wanted)
{
  g_auto (GStrv) words = g_strsplit_set (wanted ? wanted : "", ", ", -1);

  for (char **word = words; *word; word++)
    if (**word)
      domains_on |= find_domains (*word);
  if (domains_on != 0)
    let_through ();
}

gboolean
ob_debug_is_on (ObDebugDomain domain)
{
  return (domains_on & domain) != 0;
}

static const char *
get_log_domain (ObDebugDomain domain)
{
  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    if (domains[i].domain == domain)
      return domains[i].log_domain;

  g_assert_not_reached ();
}

const char *
ob_debug_name_error (const GError *error)
{
  if (!error)
    return "good";

  return error->domain == OUTBOX_ERROR ? outbox_error_get_name ((OutboxError) error->code)
                                       : g_quark_to_string (error->domain);
}

void
ob_debug_write (ObDebugDomain domain, const char *subject, const char *format, ...)
{
  const char *log_domain = get_log_domain (domain);
  g_autofree char *words = NULL;
  va_list arguments;

  va_start (arguments, format);
  words = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (subject)
    g_log_structured (log_domain, G_LOG_LEVEL_DEBUG, "OUTBOX_SUBJECT", subject, "MESSAGE", "%s: %s", subject, words);
  else
    g_log_structured (log_domain, G_LOG_LEVEL_DEBUG, "MESSAGE", "%s", words);
}
