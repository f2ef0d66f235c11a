#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: CC0-1.0
"""Beside tusd: attaches each whole upload to a record, and answers the confirm URL and the amend URL of Outbox.

Usage: tusd-records.py --port N --folder DIR, where DIR is what tusd has as -upload-dir. tusd is started with
-hooks-http http://127.0.0.1:N/hooks -hooks-enabled-events pre-create,post-finish
"""
import argparse
import glob
import hashlib
import json
import os
import sqlite3
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

arguments = argparse.ArgumentParser()
arguments.add_argument('--port', type=int, required=True)
arguments.add_argument('--folder', required=True)
arguments = arguments.parse_args()

lock = threading.Lock()
records = sqlite3.connect(os.path.join(arguments.folder, 'records.db'), check_same_thread=False)
records.execute('CREATE TABLE IF NOT EXISTS records (record INTEGER PRIMARY KEY, outbox_id TEXT UNIQUE, path TEXT, sha256 TEXT, size INTEGER)')
records.execute('CREATE TABLE IF NOT EXISTS changes (outbox_id TEXT PRIMARY KEY, version INTEGER, name TEXT, metadata TEXT)')


def attach(outbox_id):
    """Returns: the record of an upload. It is made once, however often this is called, and only of a whole file."""
    with lock, records:
        made = records.execute('SELECT record, sha256, size FROM records WHERE outbox_id = ?', (outbox_id,)).fetchone()
        if made:
            return made
        for path in glob.glob(os.path.join(arguments.folder, outbox_id + '-*.info')):
            with open(path, encoding='utf-8') as file:
                size = json.load(file)['Size']
            path = path.removesuffix('.info')
            if os.path.getsize(path) == size:
                with open(path, 'rb') as file:
                    os.fsync(file.fileno())
                    sha256 = hashlib.file_digest(file, 'sha256').hexdigest()
                return records.execute('INSERT INTO records (outbox_id, path, sha256, size) VALUES (?, ?, ?, ?)'
                                       ' RETURNING record, sha256, size', (outbox_id, path, sha256, size)).fetchone()
    return None


def confirm(outbox_id):
    record = attach(outbox_id)
    if record:
        number, sha256, size = record
        return 200, {'outbox_id': outbox_id, 'stored': True, 'attached': True, 'record': f'record {number}', 'sha256': sha256, 'size': size}
    if glob.glob(os.path.join(arguments.folder, outbox_id + '-*.info')):
        return 202, {'outbox_id': outbox_id}  # not yet: some of it is here
    return 404, {'outbox_id': outbox_id, 'stored': False}  # never heard of it: Outbox may send it


def amend(outbox_id, said):
    """Keeps what is said of the file in its newest version, and answers which one that is: a change may come twice, or late."""
    if not attach(outbox_id):
        return 404, {'outbox_id': outbox_id}
    with lock, records:
        records.execute('INSERT INTO changes VALUES (?, ?, ?, ?) ON CONFLICT (outbox_id) DO UPDATE SET'
                        ' version = excluded.version, name = excluded.name, metadata = excluded.metadata'
                        ' WHERE excluded.version > version', (outbox_id, int(said['version']), str(said['name']), json.dumps(said['metadata'])))
        version, = records.execute('SELECT version FROM changes WHERE outbox_id = ?', (outbox_id,)).fetchone()
    return 200, {'outbox_id': outbox_id, 'version': version}


def hook(call):
    # An id becomes a part of a path, so it has to be one.
    outbox_id = str(uuid.UUID(call['Event']['Upload']['MetaData']['outbox_id']))
    if call['Type'] == 'pre-create':
        return {'ChangeFileInfo': {'ID': f'{outbox_id}-{uuid.uuid4()}'}}
    attach(outbox_id)
    return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Cache-Control', 'no-store')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def read(self):
        return json.loads(self.rfile.read(int(self.headers['Content-Length'])))

    def do_GET(self):
        try:
            outbox_id = str(uuid.UUID(parse_qs(urlsplit(self.path).query)['id'][0]))
        except (KeyError, ValueError):
            return self.answer(400, {'error': 'no id of an upload'})
        return self.answer(*confirm(outbox_id))

    def do_OPTIONS(self):
        self.send_response(204)
        self.send_header('Allow', 'PATCH' if urlsplit(self.path).path == '/amend' else 'GET, POST')
        self.end_headers()

    def do_PATCH(self):
        try:
            said = self.read()
            return self.answer(*amend(str(uuid.UUID(said['outbox_id'])), said))
        except (KeyError, TypeError, ValueError):
            return self.answer(400, {'error': 'no change of an upload'})

    def do_POST(self):
        call = self.read()
        try:
            return self.answer(200, hook(call))
        except (KeyError, ValueError):
            return self.answer(200, {'RejectUpload': True, 'HTTPResponse': {'StatusCode': 400, 'Body': 'no outbox_id\n'}})


server = ThreadingHTTPServer(('127.0.0.1', arguments.port), Handler)
print(f'listening on http://127.0.0.1:{server.server_port}/', flush=True)
server.serve_forever()
