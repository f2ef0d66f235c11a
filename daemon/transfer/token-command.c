/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the end of a token command. Nothing that it wrote is repeated. Pure.
 */
#include "transfer/token-command.h"

#include "base/secret.h"
#include "dbus/mark.h"

#include <string.h>
#include <sysexits.h>

/* As shells say that a program is not there, or is none. */
#define NO_PROGRAM 126

static ObOauthAnswer *
refuse (ObOauthVerdict verdict, const char *words)
{
  return ob_oauth_answer_new (verdict, "token-command", words);
}

static ObOauthAnswer *
refuse_with_code (int code, gboolean is_missing)
{
  g_autofree char *words
      = is_missing ? g_strdup_printf (S_ ("The token command ended with exit code %d: a program is missing"), code)
                   : g_strdup_printf (S_ ("The token command ended with exit code %d"), code);

  return refuse (is_missing ? OB_OAUTH_MISCONFIGURED : OB_OAUTH_AWAY, words);
}

static ObOauthAnswer *
read_bare (const char *token)
{
  ObOauthAnswer *answer;

  if (!ob_oauth_is_token (token))
    return refuse (OB_OAUTH_MISCONFIGURED, S_ ("The token command has written no token"));
  answer = ob_oauth_answer_new (OB_OAUTH_GRANTED, NULL, NULL);
  answer->access_token = g_strdup (token);

  return answer;
}

static ObOauthAnswer *
read_output (const ObProgramEnd *end)
{
  char *text;
  ObOauthAnswer *answer;

  if (memchr (end->output, '\0', end->output_bytes))
    return refuse (OB_OAUTH_MISCONFIGURED, S_ ("The token command has written no token"));
  text = g_strstrip (g_strndup (end->output, end->output_bytes));
  answer = *text == '{' ? ob_oauth_read_tokens (200, text, strlen (text)) : read_bare (text);
  ob_secret_free (text);
  if (answer->verdict == OB_OAUTH_AWAY)
    {
      ob_oauth_answer_free (answer);
      return refuse (OB_OAUTH_MISCONFIGURED, S_ ("The token command has written no token"));
    }
  if (answer->lifetime_ms == 0)
    answer->lifetime_ms = OB_TOKEN_COMMAND_LIFETIME_MS;

  return answer;
}

static ObOauthAnswer *
read_code (const ObProgramEnd *end)
{
  switch (end->number)
    {
    case EX_OK:
      return read_output (end);
    case EX_NOPERM:
      return refuse (OB_OAUTH_ENDED, S_ ("The token command wants its person to sign in"));
    case NO_PROGRAM:
    case NO_PROGRAM + 1:
      return refuse_with_code (end->number, TRUE);
    default:
      return refuse_with_code (end->number, FALSE);
    }
}

ObOauthAnswer *
ob_token_command_read (const ObProgramEnd *end)
{
  g_autofree char *words = NULL;

  if (!end)
    return refuse (OB_OAUTH_AWAY, S_ ("The token command could not be run"));
  switch (end->fate)
    {
    case OB_PROGRAM_EXITED:
      return read_code (end);
    case OB_PROGRAM_SIGNALLED:
      words = g_strdup_printf (S_ ("The token command was ended by signal %d"), end->number);
      return refuse (OB_OAUTH_AWAY, words);
    case OB_PROGRAM_LATE:
      return refuse (OB_OAUTH_AWAY, S_ ("The token command was not done in its time"));
    case OB_PROGRAM_TOO_MUCH:
      return refuse (OB_OAUTH_MISCONFIGURED, S_ ("The token command has written more than a token"));
    case OB_PROGRAM_MISSING:
    default:
      words = g_strdup_printf (S_ ("The token command cannot be started: %s"), g_strerror (end->number));
      return refuse (OB_OAUTH_MISCONFIGURED, words);
    }
}
