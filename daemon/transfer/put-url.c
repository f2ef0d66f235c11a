/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fills the places in the path of a URL, part by part. Pure.
 */
#include "transfer/put-url.h"

#include "dbus/mark.h"
#include "model/destination.h"

#include <string.h>

#define PART_MAX_BYTES 255
#define ENDING_MAX_BYTES 16

typedef enum
{
  PLACE_ID,
  PLACE_NAME,
  PLACE_GROUP,
  N_PLACES,
} Place;

static const char *const places[N_PLACES] = { "{id}", "{name}", "{group}" };

/* Returns: the place that @text begins with, or N_PLACES. */
static Place
find_place (const char *text)
{
  Place place;

  for (place = 0; place < N_PLACES && !g_str_has_prefix (text, places[place]); place++)
    ;

  return place;
}

static const char *
find_path (const char *url)
{
  const char *host = strstr (url, "://");

  return host ? host + 3 + strcspn (host + 3, "/?#") : url + strlen (url);
}

/* Takes the places out of the path. Returns: whether no brace is left. */
static gboolean
take_places (const char *path, gboolean *has_id)
{
  const char *end = path + strcspn (path, "?#");

  *has_id = FALSE;
  while (path < end)
    {
      Place place = find_place (path);

      if (place == N_PLACES && (*path == '{' || *path == '}'))
        return FALSE;
      *has_id |= place == PLACE_ID;
      path += place == N_PLACES ? 1 : strlen (places[place]);
    }

  return TRUE;
}

const char *
ob_put_url_check (const char *template)
{
  const char *path = find_path (template);
  const char *query = path + strcspn (path, "?#");
  gboolean has_id;

  if (!ob_destination_is_url (template))
    return S_ ("it must be an http or https URL");
  if (memchr (template, '{', (gsize) (path - template)) || strpbrk (query, "{}"))
    return S_ ("{id}, {name} and {group} can stand in its path alone");
  if (!take_places (path, &has_id))
    return S_ ("the places in its path are {id}, {name} and {group}");
  if (query > path && query[-1] == '/' && has_id)
    return S_ ("it must be the URL of a file, and ends with a slash as a folder's does");
  if (!has_id)
    return S_ (
        "it needs {id} in its path, as in https://example.org/inbox/{id}-{name}: without it, two files of one name "
        "would be one at the server");

  return NULL;
}

/* Many servers decode an escaped slash, and then look for a folder that nobody has made. */
static char *
dup_tame (const char *value)
{
  return g_strdelimit (g_strdup (value), "/\\", '_');
}

/* Returns: how many bytes of the text to keep, at most @most_bytes, without cutting a character */
static gsize
cut_at_character (const char *text, gsize most_bytes)
{
  gsize length = MIN (strlen (text), most_bytes);

  while (length > 0 && ((guchar) text[length] & 0xc0) == 0x80)
    length--;

  return length;
}

/* @keeps_ending: keeps what follows the last dot, unless it is too long for an ending */
static char *
dup_short (const char *value, gsize most_bytes, gboolean keeps_ending)
{
  const char *dot = keeps_ending ? strrchr (value, '.') : NULL;
  const char *ending = dot && dot > value && strlen (dot) <= MIN (ENDING_MAX_BYTES, most_bytes / 2) ? dot : "";

  if (strlen (value) <= most_bytes)
    return g_strdup (value);

  return g_strdup_printf ("%.*s%s", (int) cut_at_character (value, most_bytes - strlen (ending)), value, ending);
}

/* Counts each place in a part of the path. Returns: how many bytes of the part are fixed text. */
static gsize
count_places (const char *part, gsize length, guint times[N_PLACES])
{
  const char *end = part + length;
  gsize bytes = 0;

  memset (times, 0, N_PLACES * sizeof *times);
  while (part < end)
    {
      Place place = find_place (part);

      bytes += place == N_PLACES;
      if (place < N_PLACES)
        times[place]++;
      part += place == N_PLACES ? 1 : strlen (places[place]);
    }

  return bytes;
}

static void
shorten (char **value, gsize most_bytes, gboolean keeps_ending)
{
  char *shorter = dup_short (*value, most_bytes, keeps_ending);

  g_free (*value);
  *value = shorter;
}

/* Leaves the group at most half of the room that the name and the group share. */
static void
fit_values (const char *part, gsize length, char **values)
{
  guint times[N_PLACES];
  gsize taken = count_places (part, length, times) + times[PLACE_ID] * strlen (values[PLACE_ID]);
  gsize rest = PART_MAX_BYTES - MIN (taken, PART_MAX_BYTES);

  if (times[PLACE_GROUP] > 0)
    shorten (&values[PLACE_GROUP], (times[PLACE_NAME] > 0 ? rest / 2 : rest) / times[PLACE_GROUP], FALSE);
  rest -= MIN (rest, times[PLACE_GROUP] * strlen (values[PLACE_GROUP]));
  if (times[PLACE_NAME] > 0)
    shorten (&values[PLACE_NAME], rest / times[PLACE_NAME], TRUE);
}

static void
append_filled (GString *url, const char *part, gsize length, char **values)
{
  const char *end = part + length;

  while (part < end)
    {
      Place place = find_place (part);

      if (place == N_PLACES)
        g_string_append_c (url, *part++);
      else
        {
          g_string_append_uri_escaped (url, values[place], NULL, FALSE);
          part += strlen (places[place]);
        }
    }
}

/* @part: of the path, between two slashes */
static void
append_part (GString *url, const char *part, gsize length, const char *const *tame)
{
  char *values[N_PLACES] = { g_strdup (tame[PLACE_ID]), g_strdup (tame[PLACE_NAME]), g_strdup (tame[PLACE_GROUP]) };
  gboolean has_place = memchr (part, '{', length) != NULL;
  g_autoptr (GString) filled = g_string_new (NULL);

  fit_values (part, length, values);
  append_filled (filled, part, length, values);
  if (has_place && (filled->len == 0 || g_str_equal (filled->str, ".") || g_str_equal (filled->str, "..")))
    g_string_append_c (url, '_');
  g_string_append (url, filled->str);
  for (guint i = 0; i < N_PLACES; i++)
    g_free (values[i]);
}

char *
ob_put_url_fill (const char *template, const char *id, const char *name, const char *group)
{
  g_autofree char *tame_name = dup_tame (name);
  g_autofree char *tame_group = dup_tame (group ? group : "");
  const char *const values[N_PLACES] = { id, tame_name, tame_group };
  const char *path = find_path (template);
  const char *end = path + strcspn (path, "?#");
  GString *url = g_string_new_len (template, path - template);

  while (path < end)
    {
      gsize length = strcspn (path, "/?#");

      append_part (url, path, length, values);
      path += length;
      if (path < end)
        g_string_append_c (url, *path++);
    }
  g_string_append (url, end);

  return g_string_free (url, FALSE);
}

char **
ob_put_url_list_folders (const char *template, const char *url)
{
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();
  const char *part = find_path (template);
  const char *end = find_path (url);
  gboolean is_made = FALSE;

  /* Values have no slash, so that both have as many parts. */
  while (*part == '/' && *end == '/')
    {
      gsize length = strcspn (++part, "/?#");

      end += 1 + strcspn (end + 1, "/?#");
      is_made |= memchr (part, '{', length) != NULL;
      part += length;
      if (is_made && *part == '/')
        {
          g_autofree char *folder = g_strndup (url, (gsize) (end - url) + 1);

          g_strv_builder_add (folders, folder);
        }
    }

  return g_strv_builder_end (folders);
}
