/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transfer/put-url: whatever a template, a name and a group are, the URL is one that libsoup takes, at the template's own server,
 * and no value leads out of the template's folder.
 */
#include "fuzz.h"

#include "model/origin.h"
#include "transfer/put-url.h"

#include <libsoup/soup.h>

#define ID "018fd1a0-0000-7000-8000-000000000001"
/* As ob_destination_is_url() has it. */
#define URL_MAX_BYTES (16 * 1024)

static char *
take_text (const guint8 **data, gsize *size)
{
  g_autofree char *text = fuzz_take_text (data, size);

  return g_utf8_make_valid (text, -1);
}

/* As a server that undoes every escape has it. */
static void
check_parts (const char *path)
{
  g_autofree char *plain = g_uri_unescape_string (path, NULL);
  g_auto (GStrv) parts = plain ? g_strsplit_set (plain, "/\\", -1) : NULL;

  g_assert_nonnull (plain);
  for (guint i = 0; parts[i]; i++)
    g_assert_false (g_str_equal (parts[i], ".") || g_str_equal (parts[i], ".."));
}

static void
check (const char *template, const char *name, const char *group)
{
  g_autofree char *url = ob_put_url_fill (template, ID, name, group);
  g_autoptr (SoupMessage) message = NULL;

  g_assert_nonnull (strstr (url, ID));
  if (strlen (url) > URL_MAX_BYTES)
    return;
  message = soup_message_new ("PUT", url);
  g_assert_nonnull (message);
  g_assert_true (ob_origin_is_same (url, template) || !ob_origin_is_same (template, template));
  if (!strpbrk (strstr (template, "://") + 3 + strcspn (strstr (template, "://") + 3, "/?#"), ".%\\?#"))
    check_parts (strstr (url, "://") + 3 + strcspn (strstr (url, "://") + 3, "/"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const templates[]
      = { "http://a.test/{id}", "https://a.test/in/{group}/{id}-{name}", "http://a.test/{group}{name}/{id}/{name}" };
  g_autofree char *name = take_text (&data, &size);
  g_autofree char *group = take_text (&data, &size);
  g_autofree char *path = take_text (&data, &size);
  g_autofree char *own = g_strconcat ("http://a.test/", path, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (templates); i++)
    {
      g_assert_null (ob_put_url_check (templates[i]));
      check (templates[i], name, group);
    }
  if (!ob_put_url_check (own))
    check (own, name, group);

  return 0;
}
