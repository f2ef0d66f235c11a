# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later

BUILD ?= build

.PHONY: build test install

build:
	@tests/setup/install.sh
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) -Dcrash_points=true
	@meson compile -C $(BUILD)

# Every test, plain and under the sanitizers: some minutes.
test:
	@tests/setup/install.sh test
	@tests/setup/run-tests.sh $(BUILD)

install:
	@tests/setup/install.sh
	@test -f $(BUILD)-release/build.ninja || meson setup $(BUILD)-release --buildtype=release -Dtests=false
	@meson install -C $(BUILD)-release
