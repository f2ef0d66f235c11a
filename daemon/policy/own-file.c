/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A list of texts, of which the first is under way: a process writes it, then the owner puts it in force.
 */
#include "policy/own-file.h"

#include "base/fetch.h"
#include "dbus/error.h"
#include "dbus/mark.h"

/* A folder that does not answer in this time may do so later, and the text may be there then. */
#define LATE_S 10

typedef struct
{
  char *text;
  ObOwnFileDone done;
  gpointer user_data;
} Write;

struct _ObOwnFile
{
  char *path;
  GQueue writes;    /* of Write */
  ObErrand *errand; /* NULL: the first is on the disk, or there is none */
  guint late_source;
  void (*on_written) (gpointer user_data);
  gpointer user_data;
};

static void start (ObOwnFile *file);

static void
end (ObOwnFile *file, const GError *error)
{
  Write *write = g_queue_pop_head (&file->writes);

  g_clear_handle_id (&file->late_source, g_source_remove);
  g_clear_pointer (&file->errand, ob_errand_free);
  write->done (error, write->user_data);
  g_free (write->text);
  g_free (write);
}

static void
end_and_go_on (ObOwnFile *file, const GError *error)
{
  end (file, error);
  if (!g_queue_is_empty (&file->writes))
    start (file);
}

static gboolean
on_late (gpointer user_data)
{
  ObOwnFile *file = user_data;
  g_autoptr (GError) error
      = g_error_new (OUTBOX_ERROR, OUTBOX_ERROR_STORAGE, S_ ("%s: its folder does not answer"), file->path);

  file->late_source = 0;
  end_and_go_on (file, error);

  return G_SOURCE_REMOVE;
}

static void
on_answer (GBytes *answer, gpointer user_data)
{
  ObOwnFile *file = user_data;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&file->errand, ob_errand_free);
  if (ob_fetch_replace_parse (file->path, answer, &error))
    file->on_written (file->user_data);
  else
    end_and_go_on (file, error);
}

static void
start (ObOwnFile *file)
{
  const Write *write = g_queue_peek_head (&file->writes);
  g_autoptr (GError) error = NULL;

  file->errand = ob_fetch_replace_start (file->path, write->text, &error);
  if (!file->errand)
    {
      end_and_go_on (file, error);
      return;
    }
  file->late_source = g_timeout_add_seconds (LATE_S, on_late, file);
  ob_errand_collect (file->errand, sizeof (int), on_answer, file);
}

void
ob_own_file_write (ObOwnFile *file, const char *text, ObOwnFileDone done, gpointer user_data)
{
  Write *write = g_new (Write, 1);

  *write = (Write){ g_strdup (text), done, user_data };
  g_queue_push_tail (&file->writes, write);
  if (file->writes.length == 1)
    start (file);
}

void
ob_own_file_end (ObOwnFile *file)
{
  if (!g_queue_is_empty (&file->writes) && !file->errand)
    end_and_go_on (file, NULL);
}

ObOwnFile *
ob_own_file_new (const char *path, void (*on_written) (gpointer user_data), gpointer user_data)
{
  ObOwnFile *file = g_new0 (ObOwnFile, 1);

  file->path = g_strdup (path);
  file->on_written = on_written;
  file->user_data = user_data;

  return file;
}

void
ob_own_file_free (ObOwnFile *file)
{
  g_autoptr (GError) error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, "Outbox ends");

  while (!g_queue_is_empty (&file->writes))
    end (file, error);
  g_free (file->path);
  g_free (file);
}
