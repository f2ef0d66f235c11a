/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a benchmark runs against: a bus and a daemon of its own in a folder of its own. Main thread.
 */
#pragma once

#include "dbus/outbox-dbus.h"

G_BEGIN_DECLS

/* What the command line says, for every part. */
typedef struct
{
  const char *folder; /* on a real disk: flushes are measured */
  gboolean is_quick;
  char *certificate; /* owned; NULL: no TLS here */
  char *key;         /* owned */
} Bench;

typedef struct
{
  char *folder;
  char *address; /* of the bus */
  GSubprocess *bus;
  GSubprocess *daemon;     /* NULL while none runs */
  char *turns_path;        /* of the file that turn-clock.c fills; NULL: it is not preloaded */
  gboolean has_system_bus; /* the daemon gets the one that this program has made */
  gboolean is_offline;     /* the daemon gets a network namespace with nothing in it */
  GDBusConnection *connection;
  OutboxDBusUploads *uploads;
  OutboxDBusQueue *queue;
  OutboxDBusDestinations *destinations;
} Rig;

/* @name: what the name of its folder begins with. No daemon runs yet. */
Rig *rig_new (const Bench *bench, const char *name);

/* Ends the daemon. Its folder goes with all others at the end: for half a minute after many files were removed, ext4 is
 * slow to make new ones beside them. */
void rig_free (Rig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rig, rig_free)

/* Starts a daemon. Returns: milliseconds until its name was on the bus; negative where it cannot be taken offline. */
double rig_start (Rig *rig);

/* Ends it with SIGTERM. */
void rig_stop (Rig *rig);

/* Puts that many uploads into the queue of a daemon that does not run, with their files in the spool. @is_paused: their
 * destination. */
void rig_fill (Rig *rig, guint n_uploads, gboolean is_paused);

/* Makes a destination, the default one. @confirm_url: (nullable). */
void rig_set_destination (Rig *rig, const char *url, const char *confirm_url);
void rig_pause_destination (Rig *rig, gboolean is_paused);

/* Hands a file over. Returns: (transfer full): the id. */
char *rig_submit (Rig *rig, const char *path);

/* The same with options. @options: a{sv}; a floating reference is taken. */
char *rig_submit_with (Rig *rig, const char *path, GVariant *options);

/* Waits until an upload is in that state. */
void rig_wait_for_state (Rig *rig, const char *id, const char *state);

/* Waits until the daemon has done nothing for a second. */
void rig_wait_until_idle (Rig *rig);

/* Before it starts: has its main loop's longest turn taken. Returns: in microseconds, until the end of the program; 0 begins
 * anew. */
gint64 *rig_watch_turns (Rig *rig);

/* A number of /proc/PID/status, such as "VmHWM:" (KiB). */
guint64 rig_read_status (Rig *rig, const char *field);

/* The most memory that the daemon ever had, in megabytes. */
double rig_get_peak_mb (Rig *rig);

/* The time that its threads have run so far. */
double rig_get_cpu_ms (Rig *rig);

/* Bytes that it has had the kernel write to a disk so far. */
guint64 rig_count_written (Rig *rig);

/* How often threads of the daemon have gone to sleep so far: once for each time that they woke up. */
guint64 rig_count_sleeps (Rig *rig);

/* Runs curl, told to write %{time_total}; it has to end well. Returns: milliseconds by its own clock */
double bench_run_curl (const char *const *argv);

/* Runs a program and waits. Returns: whether it ended well. */
gboolean bench_run (const char *const *argv);

/* Makes a file of @size_bytes that is no hole, or is one. Returns: (transfer full): its path. */
char *bench_make_file (const Bench *bench, const char *name, guint64 size_bytes, gboolean is_sparse);

G_END_DECLS
