/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a submit key answers that was used before. Pure.
 */
#pragma once

#include "model/upload.h"
#include "store/spool.h"

G_BEGIN_DECLS

/* The bytes that are handed over now, beside those that the upload with the key was handed over with; by their digest. */
typedef enum
{
  OB_BYTES_EQUAL,
  OB_BYTES_OTHER,
  OB_BYTES_UNKNOWN, /* it was never known what the upload has */
} ObBytes;

#define OB_N_BYTES (OB_BYTES_UNKNOWN + 1)

typedef enum
{
  OB_KEY_ANSWER,  /* with the upload: it has arrived, or its bytes are here, and they are these */
  OB_KEY_REFUSE,  /* KeyReused: the caller keeps its file */
  OB_KEY_RESTORE, /* the upload gets its own bytes back, and is the answer then */
  OB_KEY_REPLACE, /* the upload has no bytes any more: it goes, and these are an upload of their own */
} ObKeyVerdict;

/* @stored: of the upload with that key; where it is saving, nobody has it in hand: those who have are waited for.
 * @kept: its copy. */
ObKeyVerdict ob_key_judge (ObStored stored, ObKept kept, ObBytes bytes);

G_END_DECLS
