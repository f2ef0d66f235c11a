/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the rules look at: network, power and session as one plain snapshot, and the interface of those who watch them.
 * Main thread.
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
  OB_LINK_UNKNOWN, /* there is a network, and nobody says of which kind */
  OB_LINK_ETHERNET,
  OB_LINK_WIFI,
  OB_LINK_CELLULAR,
  OB_LINK_BLUETOOTH,
  OB_LINK_OTHER,
} ObLink;

#define OB_N_LINKS (OB_LINK_OTHER + 1)

/* Room for a connection's name and UUID, with the NUL. What is longer is cut at a character. */
#define OB_NETWORK_ID_BYTES 128
#define OB_NETWORK_UUID_BYTES 64

/* A snapshot: copied by assignment, owns nothing. Strings are valid UTF-8; empty: not known. */
typedef struct
{
  gboolean is_awaited;           /* nobody has said a first word yet: nothing is begun, and nothing is told of it */
  gboolean is_network_available; /* a network beside loopback */
  guint n_ways;                  /* counts changes of what ob_watcher_find_way() says */
  ObConnectivity connectivity;
  ObMetered metered;
  ObLink link;                              /* of the primary connection; of what carries it for a VPN */
  gboolean is_roaming;                      /* of a cellular link */
  char network_id[OB_NETWORK_ID_BYTES];     /* the primary connection's name */
  char network_uuid[OB_NETWORK_UUID_BYTES]; /* and what tells it from others of that name */
  gboolean is_on_battery;                   /* FALSE where there is none */
  guint battery_percent;                    /* 0 to 100; only where is_on_battery */
  gboolean is_power_saver;                  /* the profile that a person, or the system, has chosen */
  gboolean is_sleeping;                     /* about to sleep */
  gboolean is_shutting_down;                /* about to, or the session is about to end */
} ObConditions;

/* Where nothing is known: a network of an unknown kind, mains, a session that goes on. */
void ob_conditions_init (ObConditions *conditions);

/* Both nullable: not known. */
void ob_conditions_set_network (ObConditions *conditions, const char *id, const char *uuid);

/* Whether nobody could tell them apart. */
gboolean ob_conditions_equal (const ObConditions *a, const ObConditions *b);

/* Whether bytes cost: by what the system says or guesses; of a cellular link also where nobody says. Pure. */
gboolean ob_conditions_is_metered (const ObConditions *conditions);

/* What tells the present network from others, as long as the conditions are; empty: there is none. Pure. */
const char *ob_conditions_get_network_key (const ObConditions *conditions);

/* "unknown", "ethernet", "wifi", "cellular", "bluetooth", "other". */
const char *ob_link_get_name (ObLink link);
gboolean ob_link_from_name (const char *name, ObLink *link);

/* "unknown", "yes", "no", "guess-yes", "guess-no"; and "unknown", "none", "portal", "limited", "full". */
const char *ob_metered_get_name (ObMetered metered);
const char *ob_connectivity_get_name (ObConnectivity connectivity);

/**
 * ObWatcher:
 *
 * One who watches a part of the conditions: network, power or session. Signal `changed` (): what it would read now is
 * another than before. A service that is late, gone or restarted is the watcher's own business: what it reads is never
 * older than what the service last said, and is the state of ob_conditions_init() where there is no service.
 */
#define OB_TYPE_WATCHER (ob_watcher_get_type ())
G_DECLARE_INTERFACE (ObWatcher, ob_watcher, OB, WATCHER, GObject)

struct _ObWatcherInterface
{
  GTypeInterface parent;

  void (*read) (ObWatcher *self, ObConditions *conditions);
  /* NULL where it knows of no ways. */
  /* NULL where it needs no bus. */
  void (*set_bus) (ObWatcher *self, GDBusConnection *bus);
  gboolean (*find_way) (ObWatcher *self, const char *url, ObWay *way);
  /* NULL where there are none, and where nobody ever waits. */
  void (*list_sources) (ObWatcher *self, GStrvBuilder *sources);
  void (*let_go) (ObWatcher *self);
};

/* Sets the fields that it watches, and no others. Never blocks. */
void ob_watcher_read (ObWatcher *self, ObConditions *conditions);

/* Gives it the system bus, or NULL: there is none, or none any longer. Whatever it knew by another connection is forgotten,
 * but for a restriction of the network, which stays for a moment. */
void ob_watcher_set_bus (ObWatcher *self, GDBusConnection *bus);

/* Sets the way to a server as it is now, if it is one that knows of ways: FALSE, and nothing set, if not. What it says has
 * changed when n_ways has. Never blocks. */
gboolean ob_watcher_find_way (ObWatcher *self, const char *url, ObWay *way);

/* Adds the services that it hears from at present, for who wants to know where the conditions come from. */
void ob_watcher_list_sources (ObWatcher *self, GStrvBuilder *sources);

/* What had to be done before sleep or shutdown is done: the system need not wait for it any longer. May be called at any
 * time, and does nothing when nobody waits. */
void ob_watcher_let_go (ObWatcher *self);

G_END_DECLS
