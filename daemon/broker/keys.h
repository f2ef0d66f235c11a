/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides what to answer to a submit key that was used before. Pure.
 */
#pragma once

#include "model/upload.h"
#include "store/spool.h"

G_BEGIN_DECLS

/* The bytes handed over now, compared by digest with those of the upload that has the key. */
typedef enum
{
  OB_BYTES_EQUAL,
  OB_BYTES_OTHER,
  OB_BYTES_UNKNOWN, /* what the upload had is not known */
} ObBytes;

#define OB_N_BYTES (OB_BYTES_UNKNOWN + 1)

typedef enum
{
  OB_KEY_ANSWER,  /* answer with the upload: it has arrived, or its bytes are here, and they are equal */
  OB_KEY_REFUSE,  /* refuse with KeyReused: the caller keeps its file */
  OB_KEY_RESTORE, /* give the upload its own bytes back, then answer with it */
  OB_KEY_REPLACE, /* the upload's bytes are gone for good: remove it, and make a new one of these */
} ObKeyVerdict;

/* @stored: of the upload with that key; if it is saving, nobody works on it (a submit waits for one that is). @kept: the
 * state of its copy */
ObKeyVerdict ob_key_judge (ObStored stored, ObKept kept, ObBytes bytes);

/* Returns: a word for maintainers. */
const char *ob_key_verdict_get_name (ObKeyVerdict verdict);

G_END_DECLS
