# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For the tests beside it: nginx as a destination, in this folder. What arrives is in "there".
port=8197
mkdir there

cat >nginx.conf <<CONF
daemon on;
pid $PWD/nginx.pid;
error_log stderr;
$([ "$(id -u)" -ne 0 ] || echo "user root;")
events {}
http {
  access_log off;
  client_body_temp_path $PWD/body;
  server {
    listen 127.0.0.1:$port;
    root $PWD/there;
    client_max_body_size 0;
    location / { dav_methods PUT DELETE; create_full_put_path on; }
  }
}
CONF
export OUTBOX_TEST_URL="http://127.0.0.1:$port/{id}-{name}"
trap '[ ! -e nginx.pid ] || kill "$(cat nginx.pid)"' EXIT
