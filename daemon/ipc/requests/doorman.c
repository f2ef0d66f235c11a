/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One reading of the list at a time; requests that come meanwhile are judged by it too. Main thread.
 */
#include "ipc/requests/doorman.h"

#include "dbus/mark.h"
#include "ipc/kiosk.h"

/* A list that does not answer in this time counts as none. */
#define LATE_MS 2000

/* The start itself is not held up. */
#define FIRST_LOOK_S 1

#define LIST_MOST_BYTES (2 * OB_FETCH_MOST_BYTES)

typedef struct
{
  char *id; /* of the request */
  char *origin;
  gboolean may_manage;
} Asked;

typedef struct
{
  void (*done) (gpointer user_data);
  gpointer user_data;
} Looker;

struct _ObDoorman
{
  const ObRequestContext *context;
  char **paths;       /* where the list can be */
  GPtrArray *waiting; /* of Asked */
  GArray *lookers;    /* of Looker */
  guint first;
  ObErrand *reading; /* NULL: nothing is read */
  guint late;
};

/* An approval that is not on the disk yet. */
typedef struct
{
  ObPairing *pairing; /* borrowed: it outlives the broker, which answers */
  char *id;
} Approval;

static void
asked_free (gpointer data)
{
  Asked *asked = data;

  g_free (asked->id);
  g_free (asked->origin);
  g_free (asked);
}

/* The disk may refuse it: then a person can try again. */
static void
on_approved (const GError *error, gpointer user_data)
{
  g_autofree Approval *approval = user_data;
  g_autofree char *id = approval->id;

  if (error)
    ob_pairing_tell_of (approval->pairing, id);
}

/* @texts: (nullable): the lists; NULL: they have not answered */
static gboolean
is_listed (const Asked *asked, GPtrArray *texts)
{
  gboolean is_listed = FALSE;

  for (guint i = 0; texts && i < texts->len; i++)
    is_listed |= ob_kiosk_lists (texts->pdata[i], asked->origin, asked->may_manage, NULL);

  return is_listed;
}

/* A list with a mistake lists nobody, whoever asks. @texts: (nullable). Returns: (transfer full) */
static char *
find_problem (GPtrArray *texts)
{
  for (guint i = 0; texts && i < texts->len; i++)
    {
      g_autoptr (GError) error = NULL;

      (void) ob_kiosk_lists (texts->pdata[i], "", FALSE, &error);
      if (error)
        return g_strdup (error->message);
    }

  return texts ? g_strdup ("") : g_strdup_printf (S_ ("%s does not answer"), OB_KIOSK_FILE);
}

/* The log has it for each page that asked in vain, and a person who looks as long as it is there. */
static void
note_problem (ObDoorman *self, GPtrArray *texts)
{
  ObPairing *pairing = self->context->pairing;
  g_autofree char *problem = find_problem (texts);

  if (*problem && (self->waiting->len > 0 || !g_str_equal (problem, ob_pairing_get_problem (pairing))))
    g_warning ("%s; a person is asked", problem);
  ob_pairing_set_problem (pairing, problem);
}

static void
tell_lookers (ObDoorman *self)
{
  g_autoptr (GArray) lookers = self->lookers;

  self->lookers = g_array_new (FALSE, FALSE, sizeof (Looker));
  for (guint i = 0; i < lookers->len; i++)
    g_array_index (lookers, Looker, i).done (g_array_index (lookers, Looker, i).user_data);
}

static void
judge_all (ObDoorman *self, GPtrArray *texts)
{
  ObPairing *pairing = self->context->pairing;
  g_autoptr (GPtrArray) waiting = NULL;

  note_problem (self, texts);
  waiting = g_steal_pointer (&self->waiting);
  self->waiting = g_ptr_array_new_with_free_func (asked_free);
  for (guint i = 0; i < waiting->len; i++)
    {
      const Asked *asked = waiting->pdata[i];

      if (is_listed (asked, texts))
        {
          Approval *approval = g_new (Approval, 1);

          *approval = (Approval){ pairing, g_strdup (asked->id) };
          ob_request_approve_app (self->context, asked->id, OB_KIOSK_FILE, on_approved, approval);
        }
      else
        ob_pairing_tell_of (pairing, asked->id);
    }
  tell_lookers (self);
}

static void
end_reading (ObDoorman *self)
{
  g_clear_handle_id (&self->late, g_source_remove);
  g_clear_pointer (&self->reading, ob_errand_free);
}

static void
on_read (GBytes *answer, gpointer user_data)
{
  ObDoorman *self = user_data;
  g_autoptr (GPtrArray) texts = ob_fetch_parse ((const char *const *) self->paths, answer);

  end_reading (self);
  judge_all (self, texts);
}

static gboolean
on_late (gpointer user_data)
{
  ObDoorman *self = user_data;

  self->late = 0;
  end_reading (self);
  judge_all (self, NULL);

  return G_SOURCE_REMOVE;
}

static void
read_list (ObDoorman *self)
{
  g_autoptr (GError) error = NULL;

  if (self->reading)
    return;
  self->reading = ob_fetch_start ((const char *const *) self->paths, &error);
  if (!self->reading)
    {
      g_warning ("%s", error->message);
      judge_all (self, NULL);
      return;
    }
  self->late = g_timeout_add (LATE_MS, on_late, self);
  ob_errand_collect (self->reading, LIST_MOST_BYTES, on_read, self);
}

static void
on_asked (const ObPairingRequest *request, gpointer user_data)
{
  ObDoorman *self = user_data;
  Asked *asked = g_new (Asked, 1);

  *asked = (Asked){ g_strdup (request->id), g_strdup (request->origin), request->may_manage };
  g_ptr_array_add (self->waiting, asked);
  read_list (self);
}

static void
on_look (void (*done) (gpointer data), gpointer data, gpointer user_data)
{
  ObDoorman *self = user_data;
  const Looker looker = { done, data };

  g_array_append_val (self->lookers, looker);
  read_list (self);
}

static const ObPairingDoorman doorman = { on_asked, on_look };

static gboolean
on_first_look (gpointer user_data)
{
  ObDoorman *self = user_data;

  self->first = 0;
  read_list (self);

  return G_SOURCE_REMOVE;
}

ObDoorman *
ob_doorman_new (const ObRequestContext *context, const char *const *folders)
{
  ObDoorman *self = g_new0 (ObDoorman, 1);
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (; *folders; folders++)
    {
      g_autofree char *path = g_build_filename (*folders, OB_KIOSK_FILE, NULL);

      g_strv_builder_add (paths, path);
    }
  self->context = context;
  self->paths = g_strv_builder_end (paths);
  self->waiting = g_ptr_array_new_with_free_func (asked_free);
  self->lookers = g_array_new (FALSE, FALSE, sizeof (Looker));
  self->first = g_timeout_add_seconds (FIRST_LOOK_S, on_first_look, self);
  ob_pairing_set_doorman (context->pairing, &doorman, self);

  return self;
}

void
ob_doorman_free (ObDoorman *self)
{
  ob_pairing_set_doorman (self->context->pairing, NULL, NULL);
  end_reading (self);
  g_clear_handle_id (&self->first, g_source_remove);
  tell_lookers (self);
  g_array_unref (self->lookers);
  g_ptr_array_unref (self->waiting);
  g_strfreev (self->paths);
  g_free (self);
}
