# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs schemathesis: rest-schema.py SOCKET program|page OPENAPI ARGUMENTS… of schemathesis. As a program it asks at the Unix socket, as
# a page at the port, with the token of a page that was let in to manage.

import json
import os
import socket
import sys

import requests
import requests.adapters
import schemathesis
import urllib3
from schemathesis.cli import schemathesis as command

path, who, description = sys.argv[1:4]
arguments = sys.argv[4:]
origin = "https://schema.example"


class Connection(urllib3.connection.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(30)
        self.sock.connect(path)


class Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = Connection


# The door answers one request a connection: there is nothing to keep.
class Adapter(requests.adapters.HTTPAdapter):
    def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):
        return Pool("localhost")


original = requests.Session.__init__


# "localhost" is the Unix socket: no port is 80.
def begin(session):
    original(session)
    session.trust_env = False
    session.mount("http://localhost/", Adapter())


def ask(url, method, target, body=None, **headers):
    answer = requests.request(method, url + target, json=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return answer.json() if answer.content else None


# Returns: where pages ask, and the token of one
def pair():
    with open(os.path.join(os.path.dirname(path), "rest.json")) as file:
        url = json.load(file)["url"]
    asked = ask(url, "POST", "/v1/pair", {"manage": True}, Origin=origin)
    ask("http://localhost", "POST", "/v1/apps/" + asked["user_code"] + "/approve")
    token = ask(url, "POST", "/v1/pair/token", {"device_code": asked["device_code"]}, Origin=origin)["token"]
    return url, token


# At the port nobody is known without a token: so it is required here of what is not public.
def require_token():
    with open(description) as file:
        document = json.load(file)
    document["security"] = [{"token": []}]
    # Refused with 423 as well: clients take 401 for the end of their upload. test-rest-closed holds it closed.
    document["paths"]["/v1/tus/{id}"]["head"]["security"] = []
    with open("openapi-of-pages.json", "w") as file:
        json.dump(document, file)
    return file.name


requests.Session.__init__ = begin
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
if who == "page":
    url, token = pair()
    arguments += ["--url", url, "-H", "Origin: " + origin, "-H", "Authorization: Bearer " + token, require_token()]
else:
    arguments += ["--url", "http://localhost", description]
sys.argv = ["schemathesis", *arguments]
command()
