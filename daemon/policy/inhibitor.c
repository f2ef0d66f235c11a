/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inhibitors by GDBus. Owns what a service has given, and gives it back. Main thread.
 */
#include "policy/inhibitor.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

#define N_WAYS 2

#define LOGIND "org.freedesktop.login1"
#define MANAGER "org.gnome.SessionManager"
#define PORTAL "org.freedesktop.portal.Desktop"

/* Of the session's manager and of the portal. */
#define FLAG_LOGOUT 1u

/* What a service has given. */
typedef struct
{
  const ObInhibitorWay *way; /* NULL: nothing */
  char *owner;               /* who has given it; owned */
  int fd;
  guint32 cookie;
  char *handle; /* owned, or NULL */
} Grip;

typedef struct _Attempt Attempt;

struct _ObInhibitor
{
  GDBusConnection *bus;
  const ObInhibitorWay *ways;
  guint patience_ms;
  guint watches[N_WAYS];
  char *owners[N_WAYS]; /* unique names, so that nobody else gets what was meant for one; NULL: it is not there */
  char *words;          /* NULL: nothing is held back */
  Grip grip;
  Attempt *attempt; /* the call whose answer counts; NULL: none */
  guint way;        /* of that call */
  guint timer;      /* of it */
};

/* A call that is under way. It outlives the inhibitor. */
struct _Attempt
{
  ObInhibitor *inhibitor; /* borrowed; NULL: its answer counts no more */
  const ObInhibitorWay *way;
  char *owner; /* who is asked; owned */
};

/* --- Ways --- */

static GVariant *
make_block (const char *words)
{
  return g_variant_new ("(ssss)", "shutdown", "Outbox", words, "block");
}

static GVariant *
make_delay (const char *words)
{
  return g_variant_new ("(ssss)", "shutdown", "Outbox", words, "delay");
}

static GVariant *
make_for_manager (const char *words)
{
  return g_variant_new ("(susu)", "org.outbox.Outbox", 0u, words, FLAG_LOGOUT);
}

static GVariant *
make_for_portal (const char *words)
{
  return g_variant_new_parsed ("('', %u, {'reason': <%s>})", FLAG_LOGOUT, words);
}

const ObInhibitorWay ob_inhibitor_shutdown[N_WAYS] = {
  { LOGIND, "/org/freedesktop/login1", LOGIND ".Manager", make_block, OB_INHIBITED_BY_DESCRIPTOR },
  { LOGIND, "/org/freedesktop/login1", LOGIND ".Manager", make_delay, OB_INHIBITED_BY_DESCRIPTOR },
};

const ObInhibitorWay ob_inhibitor_logout[N_WAYS] = {
  { MANAGER, "/org/gnome/SessionManager", MANAGER, make_for_manager, OB_INHIBITED_BY_COOKIE },
  { PORTAL, "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Inhibit", make_for_portal,
    OB_INHIBITED_BY_HANDLE },
};

/* --- What a service has given --- */

static void
tell (GDBusConnection *bus, const char *owner, const char *path, const char *interface, const char *method,
      GVariant *arguments)
{
  g_dbus_connection_call (bus, owner, path, interface, method, arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                          NULL, NULL, NULL);
}

static void
give_back (GDBusConnection *bus, Grip *grip)
{
  if (grip->way && grip->way->by == OB_INHIBITED_BY_DESCRIPTOR)
    (void) close (grip->fd);
  else if (grip->way && grip->way->by == OB_INHIBITED_BY_COOKIE)
    tell (bus, grip->owner, grip->way->path, grip->way->interface, "Uninhibit", g_variant_new ("(u)", grip->cookie));
  else if (grip->way)
    tell (bus, grip->owner, grip->handle, "org.freedesktop.portal.Request", "Close", NULL);
  g_free (grip->handle);
  g_free (grip->owner);
  *grip = (Grip){ NULL };
}

/* Returns: whether the answer is what the service is to give */
static gboolean
read_grip (const ObInhibitorWay *way, GVariant *reply, GUnixFDList *fds, Grip *grip)
{
  static const char *const types[] = { "(h)", "(u)", "(o)" };
  gint32 index = -1;

  *grip = (Grip){ .way = way, .fd = -1 };
  if (!g_variant_is_of_type (reply, G_VARIANT_TYPE (types[way->by])))
    return FALSE;
  if (way->by == OB_INHIBITED_BY_COOKIE)
    g_variant_get (reply, "(u)", &grip->cookie);
  else if (way->by == OB_INHIBITED_BY_HANDLE)
    g_variant_get (reply, "(o)", &grip->handle);
  else
    {
      g_variant_get (reply, "(h)", &index);
      grip->fd
          = fds && index >= 0 && index < g_unix_fd_list_get_length (fds) ? g_unix_fd_list_get (fds, index, NULL) : -1;
    }

  return way->by != OB_INHIBITED_BY_DESCRIPTOR || grip->fd >= 0;
}

/* --- Asking --- */

static void
attempt_free (Attempt *attempt)
{
  g_free (attempt->owner);
  g_free (attempt);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attempt, attempt_free)

static void
abandon (ObInhibitor *self)
{
  if (self->attempt)
    self->attempt->inhibitor = NULL;
  self->attempt = NULL;
  g_clear_handle_id (&self->timer, g_source_remove);
}

static void ask (ObInhibitor *self, guint way);

static void
ask_next (ObInhibitor *self, const char *words)
{
  const ObInhibitorWay *way = &self->ways[self->way];

  g_debug ("%s does not hold back: %s", way->name, words);
  abandon (self);
  ask (self, self->way + 1);
  if (!self->attempt && !self->grip.way)
    g_message ("Nobody holds the end of this session back for what has not arrived: %s", words);
}

static gboolean
on_late (gpointer data)
{
  ObInhibitor *self = data;

  self->timer = 0;
  ask_next (self, "no answer");

  return G_SOURCE_REMOVE;
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Attempt) attempt = user_data;
  ObInhibitor *self = attempt->inhibitor;
  GDBusConnection *bus = G_DBUS_CONNECTION (source);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (bus, &fds, result, &error);
  Grip grip;
  gboolean is_given = reply && read_grip (attempt->way, reply, fds, &grip);

  if (is_given)
    grip.owner = g_steal_pointer (&attempt->owner);
  if (!self)
    {
      if (is_given)
        give_back (bus, &grip);
      return;
    }
  if (!is_given)
    {
      ask_next (self, error ? error->message : "another answer");
      return;
    }
  self->attempt = NULL;
  g_clear_handle_id (&self->timer, g_source_remove);
  give_back (bus, &self->grip);
  self->grip = grip;
}

/* Asks the first that is there, from that way on. */
static void
ask (ObInhibitor *self, guint way)
{
  while (way < N_WAYS && !self->owners[way])
    way++;
  if (way == N_WAYS)
    return;
  self->way = way;
  self->attempt = g_new (Attempt, 1);
  *self->attempt = (Attempt){ self, &self->ways[way], g_strdup (self->owners[way]) };
  self->timer = g_timeout_add (self->patience_ms, on_late, self);
  g_dbus_connection_call_with_unix_fd_list (self->bus, self->owners[way], self->ways[way].path,
                                            self->ways[way].interface, "Inhibit",
                                            self->ways[way].make_arguments (self->words), NULL,
                                            G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, NULL, NULL, on_answered,
                                            self->attempt);
}

void
ob_inhibitor_set_words (ObInhibitor *self, const char *words)
{
  if (g_strcmp0 (words, self->words) == 0)
    return;
  g_free (self->words);
  self->words = g_strdup (words);
  abandon (self);
  if (words)
    ask (self, 0);
  else
    give_back (self->bus, &self->grip);
}

/* --- Services that come and go --- */

static void
set_owner (ObInhibitor *self, const char *name, const char *owner)
{
  for (guint i = 0; i < N_WAYS; i++)
    if (g_str_equal (self->ways[i].name, name))
      {
        g_free (self->owners[i]);
        self->owners[i] = g_strdup (owner);
      }
}

/* A better one than that which is being asked is asked first. */
static void
on_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  ObInhibitor *self = user_data;
  guint way = 0;

  set_owner (self, name, owner);
  while (way + 1 < N_WAYS && !g_str_equal (self->ways[way].name, name))
    way++;
  if (!self->words || self->grip.way || (self->attempt && way >= self->way))
    return;
  abandon (self);
  ask (self, 0);
}

/* What it gave is worth nothing any more; another is asked. */
static void
on_vanished (GDBusConnection *bus, const char *name, gpointer user_data)
{
  ObInhibitor *self = user_data;

  set_owner (self, name, NULL);
  if (!self->grip.way || !g_str_equal (self->grip.way->name, name))
    return;
  give_back (self->bus, &self->grip);
  if (self->words && !self->attempt)
    ask (self, 0);
}

ObInhibitor *
ob_inhibitor_new (GDBusConnection *bus, const ObInhibitorWay ways[N_WAYS], guint patience_ms)
{
  ObInhibitor *self = g_new0 (ObInhibitor, 1);

  self->bus = g_object_ref (bus);
  self->ways = ways;
  self->patience_ms = patience_ms;
  for (guint i = 0; i < N_WAYS; i++)
    self->watches[i] = g_bus_watch_name_on_connection (bus, ways[i].name, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared,
                                                       on_vanished, self, NULL);

  return self;
}

void
ob_inhibitor_free (ObInhibitor *self)
{
  for (guint i = 0; i < N_WAYS; i++)
    {
      g_bus_unwatch_name (self->watches[i]);
      g_free (self->owners[i]);
    }
  abandon (self);
  give_back (self->bus, &self->grip);
  g_object_unref (self->bus);
  g_free (self->words);
  g_free (self);
}
