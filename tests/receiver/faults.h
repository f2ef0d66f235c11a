/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the receiver is told to do wrong: a list of faults, each for certain requests and so many times, and a few lasting
 * habits. Read from the JSON of POST /control; knows nothing of HTTP. Main thread.
 */
#pragma once

#include <json-glib/json-glib.h>

/* Where in a request's life a fault acts. */
typedef enum
{
  FAULT_STAGE_REQUEST, /* instead of the work */
  FAULT_STAGE_BODY,    /* while bytes come in */
  FAULT_STAGE_REPLY,   /* the work is done */
  FAULT_STAGE_HEAD,    /* before HEAD looks */
  FAULT_STAGE_CONFIRM, /* instead of the true answer of the confirm route */
} FaultStage;

typedef enum
{
  FAULT_STATUS, /* answers; html-200, redirect, lock and expire are this with other defaults */
  FAULT_GARBAGE,
  FAULT_ENDLESS_HEADERS,
  FAULT_RESET,
  FAULT_CUT_AFTER,
  FAULT_STALL_AFTER,
  FAULT_SHORT,
  FAULT_LOST_ANSWER,
  FAULT_WRONG_OFFSET,
  FAULT_DELAY,
  FAULT_BACKWARDS,
  FAULT_CONFIRM,
} FaultKind;

typedef struct
{
  FaultKind kind;
  const char *name; /* as written in the JSON */
  int count;        /* how often it still acts; -1: until cleared */
  int skip;         /* matching requests that it lets pass first */
  char *method;     /* NULL: any */
  char *id;         /* the upload's id, key or outbox_id; NULL: any */
  char *path;       /* prefix; NULL: any upload route */
  guint status;
  gint64 bytes;
  guint delay_ms;
  gboolean is_early; /* answers without waiting for the body, then closes */
  char *mode;        /* of raw bytes: what follows them for ever */
  char *body;
  char *content_type;
  GHashTable *headers; /* name → value; NULL: not even the receiver's own */
} Fault;

/* Lasting habits, set by the same JSON. */
typedef struct
{
  char *location;     /* absolute (default), path, bare or host */
  gboolean checksum;  /* whether the checksum extension is there */
  gint64 rate;        /* bytes a second over all bodies; 0: no limit */
  gboolean buffering; /* like a buffering proxy: a body that is cut leaves nothing */
  char *header_name;  /* every upload request must carry it, else 401; NULL: none */
  char *header_value;
  gint64 max_size; /* Tus-Max-Size; 0: none */
} Habits;

/* What a fault is matched against. */
typedef struct
{
  const char *method;
  const char *path;
  const char *id; /* the rest may be NULL */
  const char *key;
  const char *outbox_id;
} FaultSubject;

typedef struct Faults Faults;

Faults *faults_new (void);
void faults_free (Faults *faults);

/* {"fault": "none"} clears everything. */
gboolean faults_add (Faults *faults, JsonObject *object, GError **error);
void faults_clear (Faults *faults);

/* The first fault of that stage that matches; it has then acted once. NULL: behave. The caller unrefs. */
Fault *faults_take (Faults *faults, FaultStage stage, const FaultSubject *subject);

const Habits *faults_get_habits (Faults *faults);

/* Faults that are still waiting to act, and the habits. */
JsonObject *faults_describe (Faults *faults);

void fault_unref (Fault *fault);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Faults, faults_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fault, fault_unref)
