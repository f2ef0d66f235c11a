/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The schema. Numbers of stored states are those of ObStored. Reasons are stored by name, so that their enum can change its
 * order.
 *
 * A lane is (destination, rule, sent_on). counters has a row for each (lane, stored state, own hold, app). Triggers keep it
 * in step in the transaction of each change, so that a summary reads a few rows, however long the queue is.
 */
#include "store/migrations.h"

static const char version_1[]
    = "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"

      "CREATE TABLE destinations ("
      "  name TEXT PRIMARY KEY,"
      "  protocol TEXT NOT NULL, url TEXT NOT NULL, confirm_url TEXT,"
      "  headers TEXT NOT NULL DEFAULT '{}',"
      "  is_default INTEGER NOT NULL DEFAULT 0,"
      "  is_paused INTEGER NOT NULL DEFAULT 0,"
      "  reason TEXT, retry_at INTEGER NOT NULL DEFAULT 0,"
      "  failures INTEGER NOT NULL DEFAULT 0,"
      "  refused TEXT," /* the upload that was last answered 403 */
      "  trouble TEXT"
      ") WITHOUT ROWID;"

      "CREATE TABLE uploads ("
      "  number INTEGER PRIMARY KEY AUTOINCREMENT," /* order of arrival */
      "  id TEXT NOT NULL UNIQUE,"
      "  app TEXT NOT NULL, key TEXT,"
      "  name TEXT NOT NULL, media_type TEXT NOT NULL,"
      "  size INTEGER NOT NULL DEFAULT 0, sha256 TEXT,"
      "  group_key TEXT, group_title TEXT, is_form INTEGER NOT NULL DEFAULT 0,"
      "  metadata TEXT NOT NULL DEFAULT '{}',"
      "  destination TEXT NOT NULL, rule TEXT NOT NULL DEFAULT '',"
      "  priority INTEGER NOT NULL DEFAULT 0,"
      "  rank INTEGER AS (created_at - priority * 86400000) VIRTUAL," /* a point of priority outweighs a day of age */
      "  state INTEGER NOT NULL, reason TEXT,"
      "  is_paused INTEGER NOT NULL DEFAULT 0, is_group_paused INTEGER NOT NULL DEFAULT 0,"
      "  retry_at INTEGER NOT NULL DEFAULT 0, not_before INTEGER NOT NULL DEFAULT 0,"
      "  hold INTEGER AS (CASE WHEN is_paused OR is_group_paused THEN 1 WHEN not_before > 0 THEN 2"
      "    WHEN retry_at > 0 THEN 3 ELSE 0 END) VIRTUAL," /* the hold that a person is told of first */
      "  server_url TEXT,"
      "  offset INTEGER NOT NULL DEFAULT 0, bytes_sent INTEGER NOT NULL DEFAULT 0,"
      "  attempts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,"
      "  error_code TEXT, error_message TEXT, error_at INTEGER NOT NULL DEFAULT 0,"
      "  receipt_url TEXT, receipt_record TEXT, receipt_digest TEXT, confirmed_by TEXT,"
      "  confirmed_at INTEGER NOT NULL DEFAULT 0,"
      "  has_local_copy INTEGER NOT NULL DEFAULT 0,"
      "  created_at INTEGER NOT NULL, saved_at INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL DEFAULT 0,"
      "  done_at INTEGER NOT NULL DEFAULT 0, progress_at INTEGER NOT NULL DEFAULT 0,"
      "  sequence INTEGER NOT NULL DEFAULT 0"
      ");"
      "CREATE UNIQUE INDEX uploads_by_key ON uploads (app, key) WHERE key IS NOT NULL;"
      "CREATE INDEX uploads_by_group ON uploads (group_key, number) WHERE group_key IS NOT NULL;"
      "CREATE INDEX uploads_unfinished ON uploads (number) WHERE state <> 5;"
      /* What may start: queued and confirming uploads without a hold of their own, each stream in its order. */
      "CREATE INDEX uploads_ready ON uploads (destination, rule, app, state, rank, number)"
      "  WHERE state IN (1, 3) AND is_paused = 0 AND is_group_paused = 0 AND not_before = 0 AND retry_at = 0;"
      /* What a start has to look at. */
      "CREATE INDEX uploads_busy ON uploads (state) WHERE state IN (0, 2);"
      "CREATE INDEX uploads_to_clear ON uploads (state) WHERE state = 5 AND has_local_copy = 1;"
      "CREATE INDEX uploads_by_retry ON uploads (retry_at) WHERE retry_at > 0;"
      "CREATE INDEX uploads_by_not_before ON uploads (not_before) WHERE not_before > 0;"
      "CREATE INDEX uploads_by_group_retry ON uploads (group_key, retry_at)"
      "  WHERE retry_at > 0 AND group_key IS NOT NULL;"
      "CREATE INDEX uploads_of_forms ON uploads (group_key, state, number) WHERE is_form = 1 AND group_key IS NOT NULL;"

      /* What servers still have to delete of uploads that were removed here. */
      "CREATE TABLE terminations ("
      "  id TEXT PRIMARY KEY, destination TEXT NOT NULL, server_url TEXT NOT NULL,"
      "  removed_at INTEGER NOT NULL, retry_at INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0"
      ") WITHOUT ROWID;"
      "CREATE INDEX terminations_by_retry ON terminations (retry_at);"

      /* The holds of lanes as the journal last told them. */
      "CREATE TABLE lanes ("
      "  destination TEXT NOT NULL, rule TEXT NOT NULL, reasons TEXT NOT NULL, PRIMARY KEY (destination, rule)"
      ") WITHOUT ROWID;"

      "CREATE TABLE journal ("
      "  sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
      "  at INTEGER NOT NULL, upload TEXT, scope TEXT, key TEXT,"
      "  event TEXT NOT NULL, state TEXT, reason TEXT, message TEXT"
      ");"
      "CREATE INDEX journal_by_upload ON journal (upload, sequence) WHERE upload IS NOT NULL;"
      "CREATE INDEX journal_of_holds ON journal (scope, key, sequence) WHERE scope IS NOT NULL;"

      "CREATE TABLE counters ("
      "  destination TEXT NOT NULL, rule TEXT NOT NULL, state INTEGER NOT NULL, hold INTEGER NOT NULL,"
      "  app TEXT NOT NULL, uploads INTEGER NOT NULL, bytes INTEGER NOT NULL,"
      "  PRIMARY KEY (destination, rule, state, hold, app)"
      ") WITHOUT ROWID;"
      "CREATE TRIGGER uploads_counted_in AFTER INSERT ON uploads BEGIN"
      "  INSERT INTO counters VALUES (new.destination, new.rule, new.state, new.hold, new.app, 1, new.size)"
      "    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes;"
      "END;"
      "CREATE TRIGGER uploads_counted_out AFTER DELETE ON uploads BEGIN"
      "  UPDATE counters SET uploads = uploads - 1, bytes = bytes - old.size"
      "    WHERE destination = old.destination AND rule = old.rule AND state = old.state AND hold = old.hold"
      "      AND app = old.app;"
      "END;"
      "CREATE TRIGGER uploads_recounted"
      "  AFTER UPDATE OF destination, rule, state, is_paused, is_group_paused, not_before, retry_at, size ON uploads"
      "  BEGIN"
      "  UPDATE counters SET uploads = uploads - 1, bytes = bytes - old.size"
      "    WHERE destination = old.destination AND rule = old.rule AND state = old.state AND hold = old.hold"
      "      AND app = old.app;"
      "  INSERT INTO counters VALUES (new.destination, new.rule, new.state, new.hold, new.app, 1, new.size)"
      "    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes;"
      "END;"

      /* A group has a row as long as it has uploads. group_counters is to a group what counters is to the queue, and
       * also counts confirmed bytes. Uploads without a group pay for neither. */
      "CREATE TABLE groups ("
      "  key TEXT PRIMARY KEY, title TEXT, is_paused INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL DEFAULT 0,"
      "  sent_now TEXT" /* the network on which a person sends the whole group now */
      ") WITHOUT ROWID;"
      "CREATE INDEX groups_paused ON groups (key) WHERE is_paused = 1;"
      "CREATE TABLE group_counters ("
      "  group_key TEXT NOT NULL, destination TEXT NOT NULL, rule TEXT NOT NULL, state INTEGER NOT NULL,"
      "  hold INTEGER NOT NULL, app TEXT NOT NULL,"
      "  uploads INTEGER NOT NULL, bytes INTEGER NOT NULL, offset INTEGER NOT NULL,"
      "  PRIMARY KEY (group_key, destination, rule, state, hold, app)"
      ") WITHOUT ROWID;"
      "CREATE INDEX group_counters_by_app ON group_counters (app, group_key);"
      "CREATE TRIGGER groups_counted_in AFTER INSERT ON uploads WHEN new.group_key IS NOT NULL BEGIN"
      "  INSERT INTO groups (key, title, updated_at) VALUES (new.group_key, new.group_title, new.updated_at)"
      "    ON CONFLICT DO UPDATE SET title = coalesce(excluded.title, title),"
      "      updated_at = max(updated_at, excluded.updated_at);"
      "  INSERT INTO group_counters VALUES (new.group_key, new.destination, new.rule, new.state, new.hold, new.app, 1,"
      "    new.size, new.offset)"
      "    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes,"
      "      offset = offset + excluded.offset;"
      "END;"
      "CREATE TRIGGER groups_recounted"
      "  AFTER UPDATE OF destination, rule, state, is_paused, is_group_paused, not_before, retry_at, size, offset"
      "  ON uploads WHEN new.group_key IS NOT NULL BEGIN"
      "  UPDATE group_counters SET uploads = uploads - 1, bytes = bytes - old.size, offset = offset - old.offset"
      "    WHERE group_key = old.group_key AND destination = old.destination AND rule = old.rule AND state = old.state"
      "      AND hold = old.hold AND app = old.app;"
      "  INSERT INTO group_counters VALUES (new.group_key, new.destination, new.rule, new.state, new.hold, new.app, 1,"
      "    new.size, new.offset)"
      "    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes,"
      "      offset = offset + excluded.offset;"
      "  DELETE FROM group_counters WHERE group_key = old.group_key AND destination = old.destination"
      "    AND rule = old.rule AND state = old.state AND hold = old.hold AND app = old.app AND uploads = 0;"
      "  UPDATE groups SET updated_at = new.updated_at WHERE key = new.group_key AND updated_at < new.updated_at;"
      "END;"
      "CREATE TRIGGER groups_counted_out AFTER DELETE ON uploads WHEN old.group_key IS NOT NULL BEGIN"
      "  UPDATE group_counters SET uploads = uploads - 1, bytes = bytes - old.size, offset = offset - old.offset"
      "    WHERE group_key = old.group_key AND destination = old.destination AND rule = old.rule AND state = old.state"
      "      AND hold = old.hold AND app = old.app;"
      "  DELETE FROM group_counters WHERE group_key = old.group_key AND destination = old.destination"
      "    AND rule = old.rule AND state = old.state AND hold = old.hold AND app = old.app AND uploads = 0;"
      "  DELETE FROM groups WHERE key = old.group_key"
      "    AND NOT EXISTS (SELECT 1 FROM group_counters WHERE group_key = old.group_key);"
      "END;";

/* Each statement names the failure of version 1 that it ends. */
static const char version_2[]
    /* What is counted changes below. It is counted once when all else is as it will be, and not row by row before. */
    = "DROP TRIGGER uploads_counted_in; DROP TRIGGER uploads_counted_out; DROP TRIGGER uploads_recounted;"
      "DROP TRIGGER groups_counted_in; DROP TRIGGER groups_recounted; DROP TRIGGER groups_counted_out;"
      "DROP TABLE counters; DROP TABLE group_counters;"

      /* An unverified certificate holds its destination and fails no upload: uploads that had failed by it wait again. */
      "UPDATE uploads SET state = 1, reason = NULL, retry_at = 0 WHERE state = 4 AND reason = 'certificate';"

      /* Bytes that a killed process had sent were not counted, though the server had them. */
      "UPDATE uploads SET bytes_sent = offset WHERE bytes_sent < offset;"

      /* Two apps with the same key shared a group: either could stop it, rename it, and send it past the rules. From now
       * on a sandboxed app owns its groups; a sandboxed app's id has at least two dots. Programs of the host share the
       * empty app. Old "send now" words for groups may have been an app's, so they end. */
      "ALTER TABLE uploads ADD COLUMN group_app TEXT NOT NULL DEFAULT '';"
      "UPDATE uploads SET group_app = app WHERE group_key IS NOT NULL AND app LIKE '%_._%._%' AND app NOT LIKE '%/%';"
      "DROP INDEX uploads_by_group_retry;"
      "CREATE INDEX uploads_by_group_retry ON uploads (group_app, group_key, retry_at)"
      "  WHERE retry_at > 0 AND group_key IS NOT NULL;"
      "DROP INDEX uploads_of_forms;"
      "CREATE INDEX uploads_of_forms ON uploads (group_app, group_key, state, number)"
      "  WHERE is_form = 1 AND group_key IS NOT NULL;"
      "CREATE TABLE groups_of_apps ("
      "  app TEXT NOT NULL, key TEXT NOT NULL, title TEXT, is_paused INTEGER NOT NULL DEFAULT 0,"
      "  updated_at INTEGER NOT NULL DEFAULT 0,"
      "  sent_on TEXT," /* the network on which a person sends the whole group now */
      "  PRIMARY KEY (app, key)"
      ") WITHOUT ROWID;"
      "INSERT INTO groups_of_apps SELECT DISTINCT coalesce (uploads.group_app, ''), groups.key, title,"
      "  groups.is_paused, groups.updated_at, NULL FROM groups LEFT JOIN uploads ON uploads.group_key = groups.key;"
      "DROP TABLE groups;"
      "ALTER TABLE groups_of_apps RENAME TO groups;"
      "CREATE INDEX groups_by_key ON groups (key, app);"
      "CREATE INDEX groups_paused ON groups (key, app) WHERE is_paused = 1;"

      /* A rule's name and the network on which a person sends an upload now were one text, RULE@NETWORK, that every reader
       * took apart. What was sent where there was no network had nothing after the @. */
      "DROP INDEX uploads_ready;"
      "ALTER TABLE uploads ADD COLUMN sent_on TEXT NOT NULL DEFAULT '';"
      "UPDATE uploads SET rule = substr (rule, 1, instr (rule, '@') - 1),"
      "  sent_on = coalesce (nullif (substr (rule, instr (rule, '@') + 1), ''), '-') WHERE instr (rule, '@') > 0;"
      "CREATE INDEX uploads_ready ON uploads (destination, rule, sent_on, app, state, rank, number)"
      "  WHERE state IN (1, 3) AND is_paused = 0 AND is_group_paused = 0 AND not_before = 0 AND retry_at = 0;"
      "ALTER TABLE lanes RENAME TO old_lanes;"
      "CREATE TABLE lanes ("
      "  destination TEXT NOT NULL, rule TEXT NOT NULL, sent_on TEXT NOT NULL, reasons TEXT NOT NULL,"
      "  PRIMARY KEY (destination, rule, sent_on)"
      ") WITHOUT ROWID;"
      "INSERT OR IGNORE INTO lanes SELECT destination, iif (at = 0, rule, substr (rule, 1, at - 1)),"
      "  iif (at = 0, '', coalesce (nullif (substr (rule, at + 1), ''), '-')), reasons"
      "  FROM (SELECT *, instr (rule, '@') AS at FROM old_lanes);"
      "DROP TABLE old_lanes;"

      /* What was dropped at the beginning, with a lane's three columns and a group's two. */
      "CREATE TABLE counters ("
      "  destination TEXT NOT NULL, rule TEXT NOT NULL, sent_on TEXT NOT NULL,"
      "  state INTEGER NOT NULL, hold INTEGER NOT NULL, app TEXT NOT NULL,"
      "  uploads INTEGER NOT NULL, bytes INTEGER NOT NULL,"
      "  PRIMARY KEY (destination, rule, sent_on, state, hold, app)"
      ") WITHOUT ROWID;"
      "INSERT INTO counters SELECT destination, rule, sent_on, state, hold, app, count (*),"
      "  CAST (total (size) AS INTEGER) FROM uploads GROUP BY 1, 2, 3, 4, 5, 6;"
      "CREATE TRIGGER uploads_counted_in AFTER INSERT ON uploads BEGIN"
      "  INSERT INTO counters"
      "    VALUES (new.destination, new.rule, new.sent_on, new.state, new.hold, new.app, 1, new.size)"
      "    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes;"
      "END;"
      "CREATE TRIGGER uploads_counted_out AFTER DELETE ON uploads BEGIN"
      "  UPDATE counters SET uploads = uploads - 1, bytes = bytes - old.size"
      "    WHERE destination = old.destination AND rule = old.rule AND sent_on = old.sent_on AND state = old.state"
      "      AND hold = old.hold AND app = old.app;"
      "END;"
      "CREATE TRIGGER uploads_recounted"
      "  AFTER UPDATE OF destination, rule, sent_on, state, is_paused, is_group_paused, not_before, retry_at, size"
      "  ON uploads BEGIN"
      "  UPDATE counters SET uploads = uploads - 1, bytes = bytes - old.size"
      "    WHERE destination = old.destination AND rule = old.rule AND sent_on = old.sent_on AND state = old.state"
      "      AND hold = old.hold AND app = old.app;"
      "  INSERT INTO counters"
      "    VALUES (new.destination, new.rule, new.sent_on, new.state, new.hold, new.app, 1, new.size)"
      "    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes;"
      "END;"
      "CREATE TABLE group_counters ("
      "  group_app TEXT NOT NULL, group_key TEXT NOT NULL, destination TEXT NOT NULL, rule TEXT NOT NULL,"
      "  sent_on TEXT NOT NULL, state INTEGER NOT NULL, hold INTEGER NOT NULL, app TEXT NOT NULL,"
      "  uploads INTEGER NOT NULL, bytes INTEGER NOT NULL, offset INTEGER NOT NULL,"
      "  PRIMARY KEY (group_app, group_key, destination, rule, sent_on, state, hold, app)"
      ") WITHOUT ROWID;"
      "INSERT INTO group_counters SELECT group_app, group_key, destination, rule, sent_on, state, hold, app, count (*),"
      "  CAST (total (size) AS INTEGER), CAST (total (offset) AS INTEGER) FROM uploads WHERE group_key IS NOT NULL"
      "  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;"
      "CREATE INDEX group_counters_by_app ON group_counters (app, group_key, group_app);"
      "CREATE TRIGGER groups_counted_in AFTER INSERT ON uploads WHEN new.group_key IS NOT NULL BEGIN"
      "  INSERT INTO groups (app, key, title, updated_at)"
      "    VALUES (new.group_app, new.group_key, new.group_title, new.updated_at)"
      "    ON CONFLICT DO UPDATE SET title = coalesce(excluded.title, title),"
      "      updated_at = max(updated_at, excluded.updated_at);"
      "  INSERT INTO group_counters VALUES (new.group_app, new.group_key, new.destination, new.rule, new.sent_on,"
      "    new.state, new.hold, new.app, 1, new.size, new.offset)"
      "    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes,"
      "      offset = offset + excluded.offset;"
      "END;"
      "CREATE TRIGGER groups_recounted"
      "  AFTER UPDATE OF destination, rule, sent_on, state, is_paused, is_group_paused, not_before, retry_at, size,"
      "    offset ON uploads WHEN new.group_key IS NOT NULL BEGIN"
      "  UPDATE group_counters SET uploads = uploads - 1, bytes = bytes - old.size, offset = offset - old.offset"
      "    WHERE group_app = old.group_app AND group_key = old.group_key AND destination = old.destination"
      "      AND rule = old.rule AND sent_on = old.sent_on AND state = old.state AND hold = old.hold AND app = old.app;"
      "  INSERT INTO group_counters VALUES (new.group_app, new.group_key, new.destination, new.rule, new.sent_on,"
      "    new.state, new.hold, new.app, 1, new.size, new.offset)"
      "    ON CONFLICT DO UPDATE SET uploads = uploads + 1, bytes = bytes + excluded.bytes,"
      "      offset = offset + excluded.offset;"
      "  DELETE FROM group_counters WHERE group_app = old.group_app AND group_key = old.group_key"
      "    AND destination = old.destination AND rule = old.rule AND sent_on = old.sent_on AND state = old.state"
      "    AND hold = old.hold AND app = old.app AND uploads = 0;"
      "  UPDATE groups SET updated_at = new.updated_at"
      "    WHERE app = new.group_app AND key = new.group_key AND updated_at < new.updated_at;"
      "END;"
      "CREATE TRIGGER groups_counted_out AFTER DELETE ON uploads WHEN old.group_key IS NOT NULL BEGIN"
      "  UPDATE group_counters SET uploads = uploads - 1, bytes = bytes - old.size, offset = offset - old.offset"
      "    WHERE group_app = old.group_app AND group_key = old.group_key AND destination = old.destination"
      "      AND rule = old.rule AND sent_on = old.sent_on AND state = old.state AND hold = old.hold AND app = old.app;"
      "  DELETE FROM group_counters WHERE group_app = old.group_app AND group_key = old.group_key"
      "    AND destination = old.destination AND rule = old.rule AND sent_on = old.sent_on AND state = old.state"
      "    AND hold = old.hold AND app = old.app AND uploads = 0;"
      "  DELETE FROM groups WHERE app = old.group_app AND key = old.group_key AND NOT EXISTS"
      "    (SELECT 1 FROM group_counters WHERE group_app = old.group_app AND group_key = old.group_key);"
      "END;"

      /* A sandboxed app that watched heard the ids of other apps' uploads, since a row did not say whose it was. Rows of
       * removed uploads are now told to programs of the host alone. */
      "ALTER TABLE journal ADD COLUMN app TEXT;"
      "UPDATE journal SET app = (SELECT app FROM uploads WHERE id = journal.upload) WHERE upload IS NOT NULL;"

      /* An app could read in an upload's history the name of the network on which a person had sent it now. */
      "UPDATE journal SET message = substr (message, 1, instr (message, '@') - 1)"
      "  WHERE event IN ('send-now', 'rule') AND instr (message, '@') > 1;"

      /* An error that came again and again wrote a row each time. */
      "ALTER TABLE journal ADD COLUMN count INTEGER NOT NULL DEFAULT 1;"

      /* A missing server needs a person only after a while. Since when it is missing has to outlive a restart. */
      "ALTER TABLE destinations ADD COLUMN since INTEGER NOT NULL DEFAULT 0;"

      /* A server that lost confirmed bytes again and again was sent them for ever. */
      "ALTER TABLE uploads ADD COLUMN furthest INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE uploads ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;"
      "UPDATE uploads SET furthest = offset;"

      /* Other origins where the server keeps uploads, with blanks between them. */
      "ALTER TABLE destinations ADD COLUMN also TEXT;"

      /* Nothing recorded when a file was made. */
      "ALTER TABLE uploads ADD COLUMN modified_at INTEGER NOT NULL DEFAULT 0;"

      /* An upload URL at a server that was switched off was asked for ever. */
      "ALTER TABLE uploads ADD COLUMN silent_since INTEGER NOT NULL DEFAULT 0;"

      /* People name an upload by the last characters of its id: backwards, an index finds them. */
      "CREATE INDEX uploads_by_end ON uploads (substr (id, 36, 1) || substr (id, 35, 1) || substr (id, 34, 1)"
      "  || substr (id, 33, 1) || substr (id, 32, 1) || substr (id, 31, 1) || substr (id, 30, 1) || substr (id, 29, "
      "1));"

      /* When a server gave two uploads the same URL, the bytes of one were taken for those of the other. */
      "CREATE INDEX uploads_by_server_url ON uploads (server_url) WHERE server_url IS NOT NULL;"

      /* A pause of a large group held up everybody: its uploads follow it in slices. Up to which number they do; NULL: all. */
      "ALTER TABLE groups ADD COLUMN swept INTEGER;"
      "CREATE INDEX groups_unswept ON groups (key, app) WHERE swept IS NOT NULL;"

      /* So did "send now" for one. Up to which number its uploads are sent, NULL: all; and the journal's sequence when a person said
       * so, since what was said of an upload later counts. */
      "ALTER TABLE groups ADD COLUMN sending INTEGER;"
      "ALTER TABLE groups ADD COLUMN sent_after INTEGER NOT NULL DEFAULT 0;"
      "CREATE INDEX groups_unsent ON groups (key, app) WHERE sending IS NOT NULL;"

      /* Every summary asks how many copies are lost. */
      "CREATE INDEX uploads_lost ON uploads (size) WHERE state = 4 AND reason IN ('file-missing', 'file-changed');"

      /* Monitoring asks how many failed for which reason. */
      "CREATE INDEX uploads_failed ON uploads (reason, size) WHERE state = 4;"

      /* Web pages could hand nothing over. A person lets each origin in, and each browser has a token of its own. */
      "CREATE TABLE apps ("
      "  digest TEXT PRIMARY KEY," /* of the token, which only the page has */
      "  origin TEXT NOT NULL, may_manage INTEGER NOT NULL DEFAULT 0, paired_at INTEGER NOT NULL DEFAULT 0"
      ") WITHOUT ROWID;"
      "CREATE INDEX apps_by_origin ON apps (origin, paired_at, digest);"

      /* "Uploaded" did not say what the server had confirmed: that it stored the bytes, that they are the right ones, or that
       * they are attached to their record. A confirm URL was only believed for the last. */
      "ALTER TABLE uploads ADD COLUMN receipt_rung INTEGER NOT NULL DEFAULT 0;"
      "UPDATE uploads SET receipt_rung = iif (confirmed_by = 'confirm-url', 3, 1) WHERE confirmed_at > 0;"
      "ALTER TABLE destinations ADD COLUMN receipt INTEGER NOT NULL DEFAULT 0;" /* the rung that a person wants */

      /* Nobody could ask whether a server still has what it confirmed, and a file that was moved here was let go of unasked. */
      "ALTER TABLE uploads ADD COLUMN verified TEXT;"
      "ALTER TABLE uploads ADD COLUMN verified_words TEXT;"
      "ALTER TABLE uploads ADD COLUMN verified_rung INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE uploads ADD COLUMN verified_at INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE uploads ADD COLUMN is_moved INTEGER NOT NULL DEFAULT 0;"

      /* What is asked of servers after an upload, or in place of it, has one table: terminations were alone. */
      "CREATE TABLE follow_ups ("
      "  kind TEXT NOT NULL, id TEXT NOT NULL, asked_at INTEGER NOT NULL DEFAULT 0,"
      "  retry_at INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, destination TEXT, server_url TEXT,"
      "  is_doubted INTEGER NOT NULL DEFAULT 0, frees INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, id)"
      ") WITHOUT ROWID;"
      "CREATE INDEX follow_ups_due ON follow_ups (kind, retry_at);"
      "CREATE INDEX follow_ups_next ON follow_ups (retry_at);"
      "INSERT INTO follow_ups (kind, id, asked_at, retry_at, failures, destination, server_url)"
      "  SELECT 'termination', id, removed_at, retry_at, failures, destination, server_url FROM terminations;"
      "DROP TABLE terminations;"

      /* Copies of what has arrived were sorted to find the oldest, however many there were. */
      "DROP INDEX uploads_to_clear;"
      "CREATE INDEX uploads_to_clear ON uploads (done_at) WHERE state = 5 AND has_local_copy = 1 AND is_moved = 0;"

      /* Rows of what has arrived were kept for ever. */
      "CREATE INDEX uploads_arrived ON uploads (done_at, number) WHERE state = 5 AND has_local_copy = 0;"

      /* A client of tus is told the metadata that it gave, in its own words (tus 1.0, Upload-Metadata). */
      "ALTER TABLE uploads ADD COLUMN tus_metadata TEXT;"

      /* A file in pieces that nobody went on with was kept for ever, and counted against its app. */
      "ALTER TABLE uploads ADD COLUMN idle_hours INTEGER NOT NULL DEFAULT 0;"

      /* What an app had said of its file could not be changed any more. */
      "ALTER TABLE uploads ADD COLUMN amended INTEGER NOT NULL DEFAULT 0;"

      /* Nor could it be changed at the server, once that had been told. */
      "ALTER TABLE uploads ADD COLUMN update_result TEXT;"
      "ALTER TABLE uploads ADD COLUMN update_words TEXT;"
      "ALTER TABLE uploads ADD COLUMN update_at INTEGER NOT NULL DEFAULT 0;"
      "CREATE INDEX uploads_untold ON uploads (update_result) WHERE update_result IN ('asked', 'refused', 'gave-up');"
      "ALTER TABLE destinations ADD COLUMN amend_url TEXT;"

      /* A file sent in two attempts could not be said to have arrived byte for byte: nobody knew that the first chunks had come with
       * their checksums. */
      "ALTER TABLE uploads ADD COLUMN checked INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE uploads ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;"

      /* Credentials were among the headers. A secret is kept elsewhere; here is only what may be seen of the sign-in. */
      "ALTER TABLE destinations ADD COLUMN sign_in TEXT NOT NULL DEFAULT '{}';"

      /* A kiosk's destinations were set by hand. */
      "ALTER TABLE destinations ADD COLUMN is_managed INTEGER NOT NULL DEFAULT 0;"

      /* A row of the history did not say on which attempt and network it was, how much the server had, and what else held the
       * upload at that time, since when. */
      "ALTER TABLE journal ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE journal ADD COLUMN offset INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE journal ADD COLUMN network TEXT;" /* its kind; NULL: a row of before */
      "ALTER TABLE journal ADD COLUMN holds TEXT;"   /* see model/past-holds.h; NULL: none */

      /* Nobody could let something go on for an hour over what its rule says. A number is never given twice: rows of uploads name
       * it in sent_on. */
      "CREATE TABLE passes ("
      "  number INTEGER PRIMARY KEY AUTOINCREMENT, covers INTEGER NOT NULL DEFAULT 0, app TEXT NOT NULL DEFAULT '',"
      "  key TEXT NOT NULL DEFAULT '', since INTEGER NOT NULL DEFAULT 0, until_at INTEGER NOT NULL DEFAULT 0,"
      "  pauses INTEGER NOT NULL DEFAULT 0"
      ");"

      /* A person was told of what waits, and never that it had arrived. */
      "CREATE TABLE news ("
      "  group_app TEXT NOT NULL DEFAULT '', group_key TEXT NOT NULL DEFAULT '', id TEXT NOT NULL DEFAULT '',"
      "  at INTEGER NOT NULL DEFAULT 0, is_told INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (group_app, group_key, id)"
      ") WITHOUT ROWID;"
      "CREATE TRIGGER news_of_removed AFTER DELETE ON uploads BEGIN"
      "  DELETE FROM news WHERE group_app = '' AND group_key = '' AND id = old.id;"
      "END;"
      "CREATE TRIGGER news_of_removed_groups AFTER DELETE ON groups BEGIN"
      "  DELETE FROM news WHERE group_app = old.app AND group_key = old.key AND id = '';"
      "END;"

      /* Secrets may be in free pages, the log, and databases set aside, also of destinations that are gone (broker/moving-secrets.c). */
      "INSERT OR REPLACE INTO meta SELECT 'unscrubbed', 1 WHERE EXISTS (SELECT 1 FROM uploads)"
      "  OR EXISTS (SELECT 1 FROM destinations);";

const char *const ob_migrations[] = { version_1, version_2 };

const char ob_migrations_look[] = "SELECT 1 FROM meta, uploads, counters, destinations, lanes, groups, group_counters, "
                                  "journal, follow_ups, apps, passes, news LIMIT 0";

guint
ob_migrations_get_newest_version (void)
{
  return G_N_ELEMENTS (ob_migrations);
}

/* Returns: (transfer full) (nullable): the SQL of all tables, indexes and triggers; %NULL if there are none, or they
 * cannot be read */
static char *
dup_schema (sqlite3 *database)
{
  sqlite3_stmt *statement = NULL;
  char *schema = NULL;

  if (sqlite3_prepare_v2 (database,
                          "SELECT group_concat (sql, ';') FROM (SELECT sql FROM sqlite_master"
                          "  WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name)",
                          -1, &statement, NULL)
          == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    schema = g_strdup ((const char *) sqlite3_column_text (statement, 0));
  (void) sqlite3_finalize (statement);

  return schema;
}

gint64
ob_migrations_find_version (sqlite3 *database)
{
  g_autofree char *schema = dup_schema (database);
  sqlite3 *empty = NULL;
  gint64 version = -1;

  if (!schema)
    return 0;
  if (sqlite3_open (":memory:", &empty) == SQLITE_OK)
    for (guint i = 0; i < G_N_ELEMENTS (ob_migrations) && version < 0; i++)
      {
        g_autofree char *made = NULL;

        (void) sqlite3_exec (empty, ob_migrations[i], NULL, NULL, NULL);
        made = dup_schema (empty);
        if (g_strcmp0 (made, schema) == 0)
          version = (gint64) i + 1;
      }
  (void) sqlite3_close (empty);

  return version;
}
