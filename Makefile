# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: LGPL-2.1-or-later

BUILD ?= build

.PHONY: build run check test bench campaign packages docs install uninstall

build:
	@tests/setup/install.sh
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) -Dcrash_points=true
	@meson compile -C $(BUILD)

# See it at work. FILES="…" sends your own files, SERVER=https://… to your own tus server: README has more.
run: override export FILES := $(value FILES)
run:
	@tests/setup/install.sh
	@test -f $(BUILD)/build.ninja || echo "Building Outbox …"
	@mkdir -p $(BUILD)
	@$(MAKE) --no-print-directory build >$(BUILD)/run.log 2>&1 || { cat $(BUILD)/run.log; exit 1; }
	@tests/demo/demo.sh $(BUILD)

# The unit tests, and files that arrive through outbox and outboxd: half a minute once it is built. What the unit tests flush again
# and again is in memory here; "make test" has it on the disk.
check:
	@tests/setup/install.sh test
	@$(MAKE) --no-print-directory build
	@if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi; \
	  meson test -C $(BUILD) --no-rebuild --print-errorlogs --num-processes 8 --suite unit
	@meson test -C $(BUILD) --no-rebuild --print-errorlogs --suite delivery

# Every test, plain and under the sanitizers: some minutes.
test:
	@tests/setup/install.sh test
	@tests/setup/run-tests.sh $(BUILD)

# BENCH=quick takes some minutes; BENCH="quick send" takes one part of it: send, submit, queue, library, flips, crowd, wear, turn, rest, watch, idle.
bench:
	@tests/setup/install.sh bench
	@test -f $(BUILD)-bench/build.ninja || meson setup $(BUILD)-bench --buildtype=release
	@meson compile -C $(BUILD)-bench
	@cd $(BUILD)-bench && tests/bench/outbox-bench $(BENCH)

# The long proofs, most of an hour: KILLS=100 MINUTES=1 shortens them, SEED=… repeats a run.
campaign:
	@tests/setup/install.sh campaign
	@KILLS=$(KILLS) MINUTES=$(MINUTES) SEED=$(SEED) tests/campaign/run.sh $(BUILD)

# Debian packages of what is committed, read by lintian and tried in Debian 12 and 13, which boot for it: ten minutes, as root.
packages:
	@tests/setup/install.sh packages
	@tests/packages/build.sh $(BUILD)-packages
	@tests/packages/older.sh $(BUILD)-packages/older || [ $$? -eq 77 ]
	@tests/packages/try.sh $(BUILD)-packages $(BUILD)-packages-roots

# The documents as a site, from build/site/index.html on.
docs:
	@tests/setup/install.sh docs
	@docs/site.sh $(BUILD)/site

install:
	@tests/setup/install.sh
	@test -f $(BUILD)-release/build.ninja || meson setup $(BUILD)-release --buildtype=release -Dtests=false
	@meson install -C $(BUILD)-release

# What runs ends by itself when its program is gone. What has not arrived stays in its data folder.
uninstall:
	@ninja -C $(BUILD)-release uninstall
