/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A document of the bus behind the getters and properties of an object. Not for apps.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the broker did not say, or said as another type, is %NULL, 0 or %FALSE. */
G_GNUC_INTERNAL const char *outbox_document_get_text (GVariant *document, const char *name);
G_GNUC_INTERNAL guint64 outbox_document_get_number (GVariant *document, const char *name);
G_GNUC_INTERNAL gint64 outbox_document_get_time (GVariant *document, const char *name);
G_GNUC_INTERNAL gboolean outbox_document_get_flag (GVariant *document, const char *name);

/* Whether an upload is one of a filter: of Watch, or one with a state. */
G_GNUC_INTERNAL gboolean outbox_document_is_of (GVariant *document, GVariant *filter);

/* What a getter returns, by which its property reads it. */
typedef enum
{
  OUTBOX_GIVES_TEXT,     /* const char * */
  OUTBOX_GIVES_OWN_TEXT, /* char * */
  OUTBOX_GIVES_TEXTS,    /* char ** */
  OUTBOX_GIVES_NUMBER,   /* guint64 */
  OUTBOX_GIVES_TIME,     /* gint64 */
  OUTBOX_GIVES_INT,      /* int */
  OUTBOX_GIVES_FLAG,     /* gboolean */
  OUTBOX_GIVES_SHARE,    /* double, 0 to 1 */
  OUTBOX_GIVES_ENUM,     /* an enum of @get_type */
} OutboxGives;

/* A property that a getter answers. */
typedef struct
{
  const char *name;
  OutboxGives gives;
  GCallback getter;
  GType (*get_type) (void);
} OutboxProperty;

/* Installs @table, and `document` after it, which is given at the construction alone. @specs: (array): has room for one more
 * than the table. */
G_GNUC_INTERNAL void outbox_properties_install (GObjectClass *klass, const OutboxProperty *table, guint n_properties,
                                                GParamSpec **specs);

G_GNUC_INTERNAL void outbox_property_get (const OutboxProperty *property, gpointer object, GValue *value);

/* Replaces the document that an object shows, and tells of each property that has another value by that. @place: where the object
 * has its document. */
G_GNUC_INTERNAL void outbox_properties_replace (GObject *object, GParamSpec **specs, guint n_specs, GVariant **place,
                                                GVariant *document);

/* Returns: (transfer full): a document for an object that was made without one, where @document is %NULL */
G_GNUC_INTERNAL GVariant *outbox_document_or_empty (GVariant *document);

G_END_DECLS
