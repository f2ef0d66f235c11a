#!/usr/bin/python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints a line for each test that failed, and below it the lines in which the test said why.

Usage: tell-failures.py BUILD-FOLDER
"""
import json
import re
import sys

FAILED = ("FAIL", "ERROR", "TIMEOUT")
WHY = re.compile(r"^(not ok|Bail out!|.*CRITICAL|.*ERROR|.*Error:|.*Sanitizer)")
AFTER = 2  # a message may go on for a line or two
LINES_MOST = 9
LINE_MOST = 300


def reasons(test):
    lines = [*(test.get("stdout") or "").splitlines(), *(test.get("stderr") or "").splitlines()]
    lines = [line for line in lines if line.strip("* ")]
    whys = [i for i, line in enumerate(lines) if WHY.match(line)]
    said = [line for i, line in enumerate(lines) if any(why <= i <= why + AFTER for why in whys)]
    return [line[:LINE_MOST] for line in (said or lines)[-LINES_MOST:]]


def main():
    folder = sys.argv[1]
    with open(f"{folder}/meson-logs/testlog.json", encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] in FAILED:
                print(f"{folder}: {test['name']}, {test['result']}")
                for reason in reasons(test):
                    print(f"    {reason}")


main()
