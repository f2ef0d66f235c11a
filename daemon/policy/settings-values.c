/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values of settings. Pure.
 */
#include "policy/settings-values.h"

#include "dbus/mark.h"
#include "policy/rules.h"

const char *
ob_value_read_count (gpointer field, const char *value)
{
  guint64 *count = field;

  *count = 0;

  return *value == '\0' || g_ascii_string_to_unsigned (value, 10, 1, G_MAXUINT32, count, NULL)
             ? NULL
             : S_ ("a whole number from 1");
}

const char *
ob_value_read_keep (gpointer field, const char *value)
{
  guint64 days = 0;

  if (g_str_equal (value, "room"))
    {
      *(gint64 *) field = G_MAXINT64;
      return NULL;
    }
  if (*value != '\0' && !g_ascii_string_to_unsigned (value, 10, 0, 3650, &days, NULL))
    return S_ ("days, 0 for not at all, or room");
  *(gint64 *) field = (gint64) days * 24 * 3600 * 1000;

  return NULL;
}

const char *
ob_value_read_list_days (gpointer field, const char *value)
{
  guint64 days = OB_KEEPING_LIST_DAYS;

  *(gint64 *) field = G_MAXINT64;
  if (g_str_equal (value, "all"))
    return NULL;
  if (*value != '\0' && !g_ascii_string_to_unsigned (value, 10, 1, 3650, &days, NULL))
    return S_ ("days, at least 1, or all");
  *(gint64 *) field = (gint64) days * OB_KEEPING_DAY_MS;

  return NULL;
}

const char *
ob_value_read_list_most (gpointer field, const char *value)
{
  guint64 *most = field;

  *most = g_str_equal (value, "all") ? G_MAXUINT64 : OB_KEEPING_LIST_MOST;

  return *value == '\0' || *most == G_MAXUINT64 || g_ascii_string_to_unsigned (value, 10, 1, G_MAXUINT32, most, NULL)
             ? NULL
             : S_ ("a whole number from 1, or all");
}

const char *
ob_value_read_after (gpointer field, const char *value)
{
  guint64 hours = 24;

  if (*value != '\0' && !g_ascii_string_to_unsigned (value, 10, 0, 24 * 365, &hours, NULL))
    return S_ ("hours, or 0 for never");
  *(gint64 *) field = (gint64) hours * 3600 * 1000;

  return NULL;
}

const char *
ob_value_read_truth (gpointer field, const char *value)
{
  if (*value != '\0' && !g_str_equal (value, "true") && !g_str_equal (value, "false"))
    return S_ ("true or false");
  *(gboolean *) field = !g_str_equal (value, "false");

  return NULL;
}
