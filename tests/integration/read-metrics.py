#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Reads what "outbox metrics" has written by three readers: Prometheus' own parser of OpenMetrics, its parser of the older text format, and
# node_exporter, which has the files of a folder from several users. read-metrics.py FOLDER
import pathlib
import subprocess
import sys
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_older

folder = pathlib.Path(sys.argv[1])
files = sorted(folder.glob("*.prom"))
assert files, "there is no file"

samples = set()
for file in files:
    text = file.read_text(encoding="utf-8")
    families = list(read_openmetrics(text))
    assert all(family.documentation and family.documentation.endswith(".") for family in families), "a family without help"
    new = {(s.name, frozenset(s.labels.items()), s.value) for family in families for s in family.samples}
    older = {(s.name, frozenset(s.labels.items()), s.value) for family in read_older(text) for s in family.samples}
    assert new == older, new ^ older
    samples |= new
assert samples

exporter = subprocess.Popen(
    ["prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={folder}",
     "--web.listen-address=127.0.0.1:0", "--log.level=info"],
    stderr=subprocess.PIPE, text=True)
try:
    # It tells its port in no version that is in Debian 12: the kernel knows.
    for line in exporter.stderr:
        if "Listening on" in line or "TLS is disabled" in line:
            break
    inodes = {p.readlink().name[8:-1] for p in pathlib.Path(f"/proc/{exporter.pid}/fd").iterdir() if str(p.readlink()).startswith("socket:[")}
    ports = [int(row.split()[1].split(":")[1], 16) for row in open("/proc/net/tcp").readlines()[1:]
             if row.split()[3] == "0A" and row.split()[9] in inodes]
    with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/metrics", timeout=20) as answer:
        page = answer.read().decode()
finally:
    exporter.kill()
    exporter.wait()
assert "node_textfile_scrape_error 0\n" in page, page[-3000:]
scraped = {(s.name, frozenset(s.labels.items()), s.value) for family in read_older(page) for s in family.samples}
assert samples <= scraped, samples - scraped
print(len(samples), "samples")
