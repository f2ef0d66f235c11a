/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A model of a tus server, in the place of the protocols: what it was sent, by the id of each upload, and how often. It can be
 * copied, so that many endings of one story can be tried. Its attempts run on worker threads; the rest is for the main thread,
 * while none runs.
 */
#pragma once

#include "transfer/attempt.h"

G_BEGIN_DECLS

typedef struct
{
  ObRunner runner; /* first, so that an attempt finds the rest */
  GMutex lock;
  GHashTable *places;   /* URL → id, of what it has begun */
  GHashTable *finished; /* id → how often it had the whole */
  GHashTable *taken;    /* id → how often it was sent from its first byte to the last */
  GHashTable *digests;  /* borrowed (nullable): id → SHA-256 that what is sent must have */
  gboolean confirms;    /* it can be asked by the id */
  gboolean strands;     /* from now on no attempt comes to its end */
  guint n_urls;
} TestModel;

/* @from: (nullable): a server that has seen as much */
void test_model_begin (TestModel *model, const TestModel *from, gboolean confirms);
void test_model_end (TestModel *model);

/* The server has begun an upload at that URL, or has the whole of it. */
void test_model_add_place (TestModel *model, const char *url, const char *id);
void test_model_add_finished (TestModel *model, const char *id);

guint test_model_count_finished (TestModel *model, const char *id);
guint test_model_count_taken (TestModel *model, const char *id);

G_END_DECLS
