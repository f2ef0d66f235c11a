#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# WsgiDAV over a folder, for everybody, on a port that is free: wsgidav-server.py --port PORT --folder FOLDER

import argparse

from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--folder", required=True)
arguments = parser.parse_args()

app = WsgiDAVApp(
    {
        "provider_mapping": {"/": arguments.folder},
        "simple_dc": {"user_mapping": {"*": True}},
        "http_authenticator": {"domain_controller": None},
        "logging": {"enable": False},
        "verbose": 0,
    }
)
server = wsgi.Server(("127.0.0.1", arguments.port), app)
server.prepare()
print(f"listening on http://127.0.0.1:{server.bind_addr[1]}/", flush=True)
server.serve()
