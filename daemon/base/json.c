/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks text against RFC 8259 with bounded recursion; json-glib reads the values. Any thread.
 */
#include "base/json.h"

#include "base/text.h"

#include "dbus/error.h"

typedef struct
{
  const char *start;
  const char *next;
  const char *end;
  guint n_members; /* in all objects so far */
  GArray *large;   /* of gsize: where integers end that json-glib cannot hold */
} Scanner;

static gboolean check_value (Scanner *scanner, guint depth);

static void
skip_space (Scanner *scanner)
{
  while (scanner->next < scanner->end && *scanner->next && strchr (" \t\r\n", *scanner->next))
    scanner->next++;
}

static gboolean
take (Scanner *scanner, char wanted)
{
  if (scanner->next == scanner->end || *scanner->next != wanted)
    return FALSE;
  scanner->next++;

  return TRUE;
}

static gboolean
take_digits (Scanner *scanner)
{
  const char *first = scanner->next;

  while (scanner->next < scanner->end && g_ascii_isdigit (*scanner->next))
    scanner->next++;

  return scanner->next > first;
}

static gboolean
take_word (Scanner *scanner, const char *word)
{
  gsize length = strlen (word);

  if ((gsize) (scanner->end - scanner->next) < length || strncmp (scanner->next, word, length) != 0)
    return FALSE;
  scanner->next += length;

  return TRUE;
}

/* Reads XXXX of \uXXXX. Returns: the code unit, or -1. */
static int
take_code_unit (Scanner *scanner)
{
  int unit = 0;

  if (scanner->end - scanner->next < 4)
    return -1;
  for (guint i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (*scanner->next++);

      if (digit < 0)
        return -1;
      unit = unit * 16 + digit;
    }

  return unit;
}

static gboolean
check_escape (Scanner *scanner)
{
  int unit;

  if (scanner->next == scanner->end)
    return FALSE;
  if (*scanner->next && strchr ("\"\\/bfnrt", *scanner->next))
    {
      scanner->next++;
      return TRUE;
    }
  if (!take (scanner, 'u') || (unit = take_code_unit (scanner)) <= 0 || (unit & 0xfc00) == 0xdc00)
    return FALSE;
  if ((unit & 0xfc00) != 0xd800)
    return TRUE;

  return take (scanner, '\\') && take (scanner, 'u') && (take_code_unit (scanner) & ~0x3ff) == 0xdc00;
}

static gboolean
check_string (Scanner *scanner)
{
  if (!take (scanner, '"'))
    return FALSE;
  while (scanner->next < scanner->end)
    {
      guchar byte = (guchar) *scanner->next++;

      if (byte == '"')
        return TRUE;
      if (byte < 0x20 || (byte == '\\' && !check_escape (scanner)))
        return FALSE;
    }

  return FALSE;
}

/* Returns: whether json-glib can hold the integer */
static gboolean
is_int64 (const char *first, const char *end)
{
  gboolean is_negative = *first == '-';
  guint64 number = 0;

  for (const char *digit = first + is_negative; digit < end; digit++)
    if (!g_uint64_checked_mul (&number, number, 10)
        || !g_uint64_checked_add (&number, number, (guint64) g_ascii_digit_value (*digit)))
      return FALSE;

  return number <= (guint64) G_MAXINT64 + is_negative;
}

static gboolean
check_number (Scanner *scanner)
{
  const char *first = scanner->next;
  gboolean is_integer = TRUE;

  take (scanner, '-');
  if (!take (scanner, '0') && !take_digits (scanner))
    return FALSE;
  if (take (scanner, '.'))
    {
      is_integer = FALSE;
      if (!take_digits (scanner))
        return FALSE;
    }
  if (take (scanner, 'e') || take (scanner, 'E'))
    {
      is_integer = FALSE;
      if (!take (scanner, '+'))
        take (scanner, '-');
      if (!take_digits (scanner))
        return FALSE;
    }

  if (is_integer && !is_int64 (first, scanner->next))
    {
      gsize end = (gsize) (scanner->next - scanner->start);

      g_array_append_val (scanner->large, end);
    }

  return TRUE;
}

static gboolean
check_member (Scanner *scanner, guint depth)
{
  skip_space (scanner);
  if (!check_string (scanner))
    return FALSE;
  scanner->n_members++;
  skip_space (scanner);

  return take (scanner, ':') && check_value (scanner, depth);
}

static gboolean
check_list (Scanner *scanner, guint depth, char close, gboolean (*check_item) (Scanner *, guint))
{
  if (depth == OB_JSON_MAX_DEPTH)
    return FALSE;
  skip_space (scanner);
  if (take (scanner, close))
    return TRUE;
  do
    {
      if (!check_item (scanner, depth + 1))
        return FALSE;
      skip_space (scanner);
    }
  while (take (scanner, ','));

  return take (scanner, close);
}

static gboolean
check_value (Scanner *scanner, guint depth)
{
  skip_space (scanner);
  if (take (scanner, '{'))
    return check_list (scanner, depth, '}', check_member);
  if (take (scanner, '['))
    return check_list (scanner, depth, ']', check_value);
  if (scanner->next < scanner->end && *scanner->next == '"')
    return check_string (scanner);

  return take_word (scanner, "true") || take_word (scanner, "false") || take_word (scanner, "null")
         || check_number (scanner);
}

/* Returns: whether the text is good. @n_members: (out): members of all objects. @large: (out): where integers end that
 * are too large */
static gboolean
check (const char *text, gsize size_bytes, guint *n_members, GArray *large, GError **error)
{
  Scanner scanner = { text, text, text + size_bytes, 0, large };
  gboolean is_good = g_utf8_validate_len (text, size_bytes, &scanner.end);

  if (is_good)
    {
      scanner.end = text + size_bytes;
      is_good = check_value (&scanner, 0);
      skip_space (&scanner);
      is_good = is_good && scanner.next == scanner.end;
    }
  if (!is_good)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "This is not acceptable JSON, at byte %td",
                 scanner.next - text);
  *n_members = scanner.n_members;

  return is_good;
}

gboolean
ob_json_check (const char *text, gsize size_bytes, GError **error)
{
  g_autoptr (GArray) large = g_array_new (FALSE, FALSE, sizeof (gsize));
  guint n_members;

  return check (text, size_bytes, &n_members, large, error);
}

static guint count_members (JsonNode *node);

static void
add_element (JsonArray *array, guint index, JsonNode *node, gpointer n_members)
{
  *(guint *) n_members += count_members (node);
}

static void
add_member (JsonObject *object, const char *name, JsonNode *node, gpointer n_members)
{
  *(guint *) n_members += 1 + count_members (node);
}

static guint
count_members (JsonNode *node)
{
  guint n_members = 0;

  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), add_member, &n_members);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), add_element, &n_members);

  return n_members;
}

/* Returns: (transfer full): the text with a fraction behind each integer that is too large */
static GString *
make_holdable (const char *text, gsize size_bytes, const GArray *large)
{
  GString *holdable = g_string_sized_new (size_bytes + 1);
  gsize begin = 0;

  for (guint i = 0; i < large->len; i++)
    {
      gsize end = g_array_index (large, gsize, i);

      g_string_append_len (holdable, text + begin, (gssize) (end - begin));
      g_string_append (holdable, ".0");
      begin = end;
    }

  return g_string_append_len (holdable, text + begin, (gssize) (size_bytes - begin));
}

JsonNode *
ob_json_parse (const char *text, gsize size_bytes, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GArray) large = g_array_new (FALSE, FALSE, sizeof (gsize));
  gboolean is_good;
  guint n_members;

  if (!check (text, size_bytes, &n_members, large, error))
    return NULL;
  parser = json_parser_new_immutable ();
  if (large->len > 0)
    {
      g_autoptr (GString) holdable = make_holdable (text, size_bytes, large);

      is_good = json_parser_load_from_data (parser, holdable->str, (gssize) holdable->len, error);
    }
  else
    is_good = json_parser_load_from_data (parser, text, (gssize) size_bytes, error);
  /* If a name occurs twice in an object, json-glib keeps the last: refuse it, since nobody knows which was meant. */
  if (is_good && count_members (json_parser_get_root (parser)) != n_members)
    {
      g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                           "This is not acceptable JSON: a name stands twice in one object");
      return NULL;
    }

  return is_good ? json_parser_steal_root (parser) : NULL;
}

/* Returns: (nullable): borrowed: the member, if it is of that type */
static JsonNode *
find_member (JsonObject *object, const char *name, GType type)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && json_node_get_value_type (node) == type ? node : NULL;
}

const char *
ob_json_get_text (JsonObject *object, const char *name)
{
  JsonNode *node = find_member (object, name, G_TYPE_STRING);

  return node ? json_node_get_string (node) : NULL;
}

char *
ob_json_dup_clean_text (JsonObject *object, const char *name)
{
  const char *text = ob_json_get_text (object, name);

  return text ? ob_text_dup_clean (text, -1, 0) : NULL;
}

gboolean
ob_json_is_true (JsonObject *object, const char *name)
{
  JsonNode *node = find_member (object, name, G_TYPE_BOOLEAN);

  return node && json_node_get_boolean (node);
}

gboolean
ob_json_read_number (JsonObject *object, const char *name, gint64 least, gint64 most, gint64 *number)
{
  JsonNode *node = find_member (object, name, G_TYPE_INT64);

  if (!node || json_node_get_int (node) < least || json_node_get_int (node) > most)
    return FALSE;
  *number = json_node_get_int (node);

  return TRUE;
}

/* Escapes what json-glib 1.6 leaves raw: U+001F, and U+007F to U+009F, which JSON allows. They occur only inside strings
 * here. */
static char *
dup_escaped (const char *text)
{
  GString *escaped = g_string_sized_new (strlen (text));

  for (const char *c = text; *c; c = g_utf8_next_char (c))
    if (g_unichar_iscntrl (g_utf8_get_char (c)))
      g_string_append_printf (escaped, "\\u%04x", (guint) g_utf8_get_char (c));
    else
      g_string_append_len (escaped, c, g_utf8_next_char (c) - c);

  return g_string_free (escaped, FALSE);
}

char *
ob_json_write (GVariant *value)
{
  g_autofree char *text = json_gvariant_serialize_data (value, NULL);

  return dup_escaped (text);
}

char *
ob_json_write_node (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  return dup_escaped (text);
}
