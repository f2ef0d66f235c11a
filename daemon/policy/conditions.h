/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The facts that rules look at: network, power and session as one plain snapshot, and the interface of the watchers that
 * read them. Main thread.
 */
#pragma once

#include "policy/way.h"

G_BEGIN_DECLS

/* The numbers of NetworkManager's NMMetered. */
typedef enum
{
  OB_METERED_UNKNOWN = 0,
  OB_METERED_YES = 1,
  OB_METERED_NO = 2,
  OB_METERED_GUESS_YES = 3,
  OB_METERED_GUESS_NO = 4,
} ObMetered;

/* The numbers of NetworkManager's NMConnectivityState. */
typedef enum
{
  OB_CONNECTIVITY_UNKNOWN = 0,
  OB_CONNECTIVITY_NONE = 1,
  OB_CONNECTIVITY_PORTAL = 2,
  OB_CONNECTIVITY_LIMITED = 3,
  OB_CONNECTIVITY_FULL = 4,
} ObConnectivity;

/* How bytes leave the device. */
typedef enum
{
  OB_LINK_UNKNOWN, /* there is a network of unknown kind */
  OB_LINK_ETHERNET,
  OB_LINK_WIFI,
  OB_LINK_CELLULAR,
  OB_LINK_BLUETOOTH,
  OB_LINK_OTHER,
} ObLink;

#define OB_N_LINKS (OB_LINK_OTHER + 1)

/* Room for a connection's name and UUID with the NUL; a longer one is cut at a character. */
#define OB_NETWORK_ID_BYTES 128
#define OB_NETWORK_UUID_BYTES 64

/* A snapshot: copied by assignment, owns nothing. Strings are valid UTF-8; empty: not known. */
typedef struct
{
  gboolean is_awaited;           /* before NetworkManager's first answer: nothing starts or is told */
  gboolean is_network_available; /* there is a network besides loopback */
  guint n_ways;                  /* changes whenever an answer of ob_watcher_find_way() does */
  ObConnectivity connectivity;
  ObMetered metered;
  ObLink link;                          /* of the primary connection; for a VPN, of the connection that carries it */
  gboolean is_roaming;                  /* the link is cellular, and roams */
  char network_id[OB_NETWORK_ID_BYTES]; /* the primary connection's name */
  char network_uuid[OB_NETWORK_UUID_BYTES]; /* tells it from others of the same name */
  gboolean is_on_battery;                   /* FALSE if there is no battery */
  guint battery_percent;                    /* 0 to 100; valid if is_on_battery */
  gboolean is_power_saver;                  /* the power profile, chosen by a person or by the system */
  gboolean is_sleeping;                     /* about to sleep */
  gboolean is_shutting_down;                /* the device is about to shut down, or the session to end */
} ObConditions;

/* Sets what holds while nothing is known: a network of unknown kind, mains, a session that goes on. */
void ob_conditions_init (ObConditions *conditions);

/* Both nullable: not known */
void ob_conditions_set_network (ObConditions *conditions, const char *id, const char *uuid);

/* Returns: whether the two are the same in every field. */
gboolean ob_conditions_equal (const ObConditions *a, const ObConditions *b);

/* Pure. Returns: whether bytes cost money: as the system says or guesses; a cellular link also if nobody says. */
gboolean ob_conditions_is_metered (const ObConditions *conditions);

/* Pure. Returns: what tells the present network from others, borrowed from @conditions or static; empty without a network. The same
 * connection abroad is another one: what a person said of it at home says nothing of what bytes cost there. */
const char *ob_conditions_get_network_key (const ObConditions *conditions);

/* Pure. Returns: (transfer none): the present network's kind for the journal: "none", or as ob_link_get_name() has it, and
 * "cellular-roaming". The second takes it apart: the kind, and whether it roamed; NULL: @text is none. */
const char *ob_conditions_get_kind (const ObConditions *conditions);
const char *ob_conditions_read_kind (const char *text, gboolean *is_roaming);

/* "unknown", "ethernet", "wifi", "cellular", "bluetooth", "other". */
const char *ob_link_get_name (ObLink link);
gboolean ob_link_from_name (const char *name, ObLink *link);

/* "unknown", "yes", "no", "guess-yes", "guess-no"; and "unknown", "none", "portal", "limited", "full". */
const char *ob_metered_get_name (ObMetered metered);
const char *ob_connectivity_get_name (ObConnectivity connectivity);

/**
 * ObWatcher:
 *
 * Watches a part of the conditions: network, power or session. Signal `changed` (): ob_watcher_read() would now set other
 * values. The watcher itself deals with a service that is late, gone or restarted: it never sets older values than the service
 * last told, and those of ob_conditions_init() if there is no service.
 */
#define OB_TYPE_WATCHER (ob_watcher_get_type ())
G_DECLARE_INTERFACE (ObWatcher, ob_watcher, OB, WATCHER, GObject)

struct _ObWatcherInterface
{
  GTypeInterface parent;

  void (*read) (ObWatcher *self, ObConditions *conditions);
  /* NULL for a watcher that needs no bus. */
  void (*set_bus) (ObWatcher *self, GDBusConnection *bus);
  /* NULL for a watcher that knows no ways. */
  gboolean (*find_way) (ObWatcher *self, const char *url, ObWay *way);
  /* NULL for a watcher that hears from no service. */
  void (*list_sources) (ObWatcher *self, GStrvBuilder *sources);
  /* NULL for a watcher that nobody waits for. */
  void (*let_go) (ObWatcher *self);
};

/* Sets the fields that this watcher reads, and no others. Never blocks. */
void ob_watcher_read (ObWatcher *self, ObConditions *conditions);

/* Gives the watcher the system bus, or NULL if there is none now. It forgets what it heard by the last connection, but
 * keeps a restriction of the network for a moment, so that nothing costly is sent while NetworkManager restarts. */
void ob_watcher_set_bus (ObWatcher *self, GDBusConnection *bus);

/* Sets the present way to a server. Returns: FALSE, with nothing set, if this watcher knows no ways. n_ways changes
 * whenever the answer does. Never blocks. */
gboolean ob_watcher_find_way (ObWatcher *self, const char *url, ObWay *way);

/* Adds the names of the services that the watcher hears from now, to show where the conditions come from. */
void ob_watcher_list_sources (ObWatcher *self, GStrvBuilder *sources);

/* Tells the system that it may sleep or shut down now. May be called at any time; does nothing if the system does not
 * wait. */
void ob_watcher_let_go (ObWatcher *self);

G_END_DECLS
