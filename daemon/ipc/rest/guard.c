/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The check of a request's head. Works on the bytes, with no copy of them. Pure.
 */
#include "ipc/rest/guard.h"

#include <string.h>

/* A piece of the head. */
typedef struct
{
  const char *text;
  gsize length;
} Piece;

#define METHOD_MAX_BYTES 32

#define MOST_DIGITS 18 /* of a length: always below 2^63 */

typedef struct
{
  ObGuardDoor door;
  Piece method;
  Piece target;
  Piece host; /* no text: there is none yet */
  Piece length;
  Piece names[OB_GUARD_MAX_FIELDS];
  guint n_fields;
  gboolean has_coding;
  ObGuardVerdict verdict;
} Head;

/* Returns: %FALSE, so that a check can end with it */
static gboolean
refuse (Head *head, guint status, const char *detail)
{
  head->verdict.status = status;
  head->verdict.detail = detail;

  return FALSE;
}

static gboolean
is_word (Piece piece, const char *word)
{
  return piece.length == strlen (word) && g_ascii_strncasecmp (piece.text, word, piece.length) == 0;
}

static gboolean
is_among (Piece piece, const char *const *words)
{
  for (; *words; words++)
    if (is_word (piece, *words))
      return TRUE;

  return FALSE;
}

/* RFC 9110 section 5.6.2. */
static gboolean
is_token (Piece piece)
{
  for (gsize i = 0; i < piece.length; i++)
    if (!g_ascii_isalnum (piece.text[i]) && (piece.text[i] == '\0' || !strchr ("!#$%&'*+-.^_`|~", piece.text[i])))
      return FALSE;

  return piece.length > 0;
}

gsize
ob_guard_find_end (const char *bytes, gsize size_bytes)
{
  /* Also after lines that end in another way: they are refused, and must not be waited on. */
  for (gsize i = 0; i < size_bytes; i++)
    if (bytes[i] == '\n'
        && ((i + 1 < size_bytes && bytes[i + 1] == '\n')
            || (i + 2 < size_bytes && bytes[i + 1] == '\r' && bytes[i + 2] == '\n')))
      return i + (bytes[i + 1] == '\n' ? 2 : 3);

  return 0;
}

/* --- Lines --- */

static gboolean
check_bytes (Head *head, const char *text, gsize size_bytes)
{
  for (gsize i = 0; i < size_bytes; i++)
    {
      const guchar byte = (guchar) text[i];

      if (byte == '\r' && i + 1 < size_bytes && text[i + 1] == '\n')
        i++;
      else if ((byte < ' ' && byte != '\t') || byte == 0x7f)
        return refuse (head, 400, "A control character, or a line that does not end with CR LF");
    }

  return TRUE;
}

/* Takes a line off @rest. Returns: %FALSE at the empty line, or where there is none */
static gboolean
take_line (Piece *rest, Piece *line)
{
  const char *end = memchr (rest->text, '\r', rest->length);

  if (!end || end == rest->text)
    return FALSE;
  *line = (Piece){ rest->text, (gsize) (end - rest->text) };
  rest->text += line->length + 2;
  rest->length -= line->length + 2;

  return TRUE;
}

/* --- The request line --- */

static gboolean
is_of_uri (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("-._~:/?[]@!$&'()*+,;=%", c) != NULL);
}

/* Returns: whether an escape stands for a byte that text may have. */
static gboolean
is_good_escape (const char *text, gsize length)
{
  int high = length > 2 ? g_ascii_xdigit_value (text[1]) : -1;
  int low = length > 2 ? g_ascii_xdigit_value (text[2]) : -1;
  int byte = high * 16 + low;

  return high >= 0 && low >= 0 && byte >= 0x20 && byte != 0x7f;
}

/* Returns: whether a segment of the path is there, and none of dots, which would lead elsewhere */
static gboolean
is_good_segment (Piece segment)
{
  gsize n_dots = 0;
  gsize i = 0;

  while (i < segment.length)
    {
      gboolean is_escaped = segment.length - i >= 3 && g_ascii_strncasecmp (segment.text + i, "%2e", 3) == 0;

      if (!is_escaped && segment.text[i] != '.')
        return TRUE;
      i += is_escaped ? 3 : 1;
      n_dots++;
    }

  return n_dots > 2;
}

/* @path: begins with a slash */
static gboolean
has_good_segments (Piece path)
{
  const char *end = path.text + path.length;
  const char *begin = path.text + 1;

  if (path.length == 1)
    return TRUE;
  while (begin <= end)
    {
      const char *slash = memchr (begin, '/', (gsize) (end - begin));
      const Piece segment = { begin, (gsize) ((slash ? slash : end) - begin) };

      /* The last may be empty: tus clients are given folders. */
      if (begin < end && !is_good_segment (segment))
        return FALSE;
      begin += segment.length + 1;
    }

  return TRUE;
}

/* The absolute form must be taken (RFC 9112 section 3.2.2); whose host it has is compared when that is known. */
static Piece
get_path (Piece target)
{
  const char *slash;

  if (target.length <= 7 || g_ascii_strncasecmp (target.text, "http://", 7) != 0)
    return target;
  slash = memchr (target.text + 7, '/', target.length - 7);

  return slash ? (Piece){ slash, (gsize) (target.text + target.length - slash) } : (Piece){ target.text, 0 };
}

static gboolean
check_target (Head *head)
{
  Piece path = get_path (head->target);
  const char *query;

  if (head->target.length > OB_GUARD_TARGET_MAX_BYTES)
    return refuse (head, 414, "The target is too long");
  for (gsize i = 0; i < head->target.length; i++)
    if (!is_of_uri (head->target.text[i])
        || (head->target.text[i] == '%' && !is_good_escape (head->target.text + i, head->target.length - i)))
      return refuse (head, 400, "The target has a byte that must be escaped, or an escape that stands for none");
  if (path.length == 0 || *path.text != '/')
    return refuse (head, 400, "The target is not a path");
  query = memchr (path.text, '?', path.length);
  if (query)
    path.length = (gsize) (query - path.text);
  if (!has_good_segments (path))
    return refuse (head, 400, "A segment of the path is empty, or has dots alone");

  return TRUE;
}

static gboolean
check_version (Head *head, Piece version)
{
  if (version.length != strlen ("HTTP/1.1") || strncmp (version.text, "HTTP/", 5) != 0
      || !g_ascii_isdigit (version.text[5]) || version.text[6] != '.' || !g_ascii_isdigit (version.text[7]))
    return refuse (head, 400, "That is no version of HTTP");
  if (version.text[5] != '1' || version.text[7] > '1')
    return refuse (head, 505, "HTTP/1.1 is spoken here");

  return TRUE;
}

static gboolean
check_request_line (Head *head, Piece line)
{
  const char *first = memchr (line.text, ' ', line.length);
  const char *end = line.text + line.length;
  const char *second = first ? memchr (first + 1, ' ', (gsize) (end - first - 1)) : NULL;

  if (!second || memchr (second + 1, ' ', (gsize) (end - second - 1)))
    return refuse (head, 400, "A request begins with a method, a target and a version");
  head->method = (Piece){ line.text, (gsize) (first - line.text) };
  head->target = (Piece){ first + 1, (gsize) (second - first - 1) };
  if (!is_token (head->method) || head->method.length > METHOD_MAX_BYTES)
    return refuse (head, 400, "The method is no token, or too long");
  /* It asks for a tunnel, and has no path (RFC 9110 section 9.3.6). */
  if (is_word (head->method, "CONNECT"))
    return refuse (head, 405, "Nothing here is a proxy");

  return check_target (head) && check_version (head, (Piece){ second + 1, (gsize) (end - second - 1) });
}

/* --- Fields --- */

/* A name, or an address, perhaps with a port: nothing that a URI would read as more than that. */
static gboolean
is_host (Piece value)
{
  for (gsize i = 0; i < value.length; i++)
    if (!g_ascii_isalnum (value.text[i]) && (value.text[i] == '\0' || !strchr ("-._:[]", value.text[i])))
      return FALSE;

  return value.length > 0 && value.length <= 255;
}

static gboolean
read_length (Head *head, Piece value)
{
  guint64 length = 0;

  for (gsize i = 0; i < value.length; i++)
    {
      if (!g_ascii_isdigit (value.text[i]) || value.length > MOST_DIGITS)
        return refuse (head, 400, "The length is not a number of bytes");
      length = length * 10 + (guint64) (value.text[i] - '0');
    }
  if (value.length == 0)
    return refuse (head, 400, "The length is not a number of bytes");
  head->length = value;
  head->verdict.body_bytes = length;

  return TRUE;
}

/* Those that make a list, and so may stand in several fields (RFC 9110 section 5.3). */
static gboolean
may_come_twice (Piece name)
{
  static const char *const lists[] = { "Accept",
                                       "Accept-Charset",
                                       "Accept-Encoding",
                                       "Accept-Language",
                                       "Cache-Control",
                                       "Connection",
                                       "If-None-Match",
                                       "If-Match",
                                       "Via",
                                       "X-Forwarded-For",
                                       NULL };

  return is_among (name, lists);
}

static gboolean
check_name (Head *head, Piece name)
{
  if (!is_token (name))
    return refuse (head, 400, "The name of a field is no token");
  if (head->n_fields == OB_GUARD_MAX_FIELDS)
    return refuse (head, 431, "There are too many fields");
  for (guint i = 0; i < head->n_fields; i++)
    if (head->names[i].length == name.length && g_ascii_strncasecmp (head->names[i].text, name.text, name.length) == 0
        && !may_come_twice (name))
      return refuse (head, 400, "A field stands twice that has one value");
  head->names[head->n_fields++] = name;

  return TRUE;
}

static Piece
strip (Piece value)
{
  while (value.length > 0 && strchr (" \t", *value.text))
    value = (Piece){ value.text + 1, value.length - 1 };
  while (value.length > 0 && strchr (" \t", value.text[value.length - 1]))
    value.length--;

  return value;
}

/* A page may not use the socket; and nothing but a request may come from one at the port. */
static gboolean
check_door (Head *head, Piece name)
{
  static const char *const of_pages[]
      = { "Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-WebSocket-Key", NULL };
  static const char *const of_other_protocols[] = { "Upgrade", "Sec-WebSocket-Key", NULL };

  if (head->door == OB_GUARD_SOCKET && is_among (name, of_pages))
    return refuse (head, 403, "A page may not use this socket");
  if (head->door == OB_GUARD_PORT && is_among (name, of_other_protocols))
    return refuse (head, 403, "No other protocol is spoken here");

  return TRUE;
}

static gboolean
check_value (Head *head, Piece name, Piece value)
{
  if (is_word (name, "Host"))
    {
      head->host = value;
      return is_host (value) || refuse (head, 400, "The host is none");
    }
  if (is_word (name, "Content-Length"))
    return read_length (head, value);
  if (is_word (name, "Expect") && !is_word (value, "100-continue"))
    return refuse (head, 417, "The only expectation is 100-continue");
  head->verdict.is_asking |= is_word (name, "Expect");
  if (is_word (name, "Content-Encoding") && !is_word (value, "identity"))
    return refuse (head, 415, "A body comes as it is, not encoded");
  head->has_coding |= is_word (name, "Transfer-Encoding");

  return TRUE;
}

static gboolean
check_field (Head *head, Piece line)
{
  const char *colon = memchr (line.text, ':', line.length);
  Piece name, value;

  /* A line that begins with a blank once went on with the field before (RFC 9112 section 5.2). */
  if (strchr (" \t", *line.text) || !colon)
    return refuse (head, 400, "A line is no field");
  name = (Piece){ line.text, (gsize) (colon - line.text) };
  value = strip ((Piece){ colon + 1, (gsize) (line.text + line.length - colon - 1) });

  return check_name (head, name) && check_door (head, name) && check_value (head, name, value);
}

/* --- The whole --- */

static gboolean
has_host_of_target (const Head *head)
{
  Piece path = get_path (head->target);
  Piece host = { head->target.text + strlen ("http://"), 0 };

  if (path.text == head->target.text)
    return TRUE;
  host.length = (gsize) (path.text - host.text);

  return host.length == head->host.length && g_ascii_strncasecmp (host.text, head->host.text, host.length) == 0;
}

static gboolean
check_whole (Head *head)
{
  static const char *const without_body[] = { "GET", "HEAD", "DELETE", "OPTIONS", NULL };

  if (!head->host.text)
    return refuse (head, 400, "There is no host");
  if (!has_host_of_target (head))
    return refuse (head, 400, "The target is at another host");
  if (head->has_coding && head->length.text)
    return refuse (head, 400, "A body has a length or a transfer coding, not both");
  if (head->has_coding)
    return refuse (head, 411, "A body comes with its length, not in chunks");
  if (head->verdict.body_bytes > 0 && is_among (head->method, without_body))
    return refuse (head, 400, "This method has no body");

  return TRUE;
}

ObGuardVerdict
ob_guard_check (ObGuardDoor door, const char *text, gsize size_bytes)
{
  Head head = { .door = door };
  Piece rest = { text, size_bytes };
  Piece line;

  if (size_bytes > OB_GUARD_HEAD_MAX_BYTES)
    (void) refuse (&head, 431, "The head is too long");
  else if (check_bytes (&head, text, size_bytes))
    {
      if (!take_line (&rest, &line))
        (void) refuse (&head, 400, "A request begins with its request line");
      else if (check_request_line (&head, line))
        {
          gboolean is_good = TRUE;

          while (is_good && take_line (&rest, &line))
            is_good = check_field (&head, line);
          if (is_good)
            (void) check_whole (&head);
        }
    }
  if (head.verdict.status != 0)
    head.verdict.body_bytes = 0;

  return head.verdict;
}
