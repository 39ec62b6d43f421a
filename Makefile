# SPDX-License-Identifier: GPL-2.0
# dvmm_time: what a user does. `make help` lists it.
SHELL := /bin/bash

# The running kernel's headers; where it has none, the newest installed.
KDIR ?= $(shell scripts/kdir)

all: module tools

module:
	@test -n "$(KDIR)" || { echo "no kernel headers: run scripts/setup, or give KDIR=" >&2; exit 1; }
	@test -e /lib/modules/$$(uname -r)/build -o "$(origin KDIR)" != file || \
		echo "no headers for the running $$(uname -r): building for $(KDIR)"
	@$(MAKE) -s -C $(KDIR) M=$(CURDIR) modules 2> >(grep -v '^Skipping BTF generation' >&2)

tools:
	@$(MAKE) -s -C tools

# What runs in hosts and guests of the testbed.
programs: all
	@$(MAKE) -s -C selftests/guest
	@$(MAKE) -s -C selftests/host

help:
	@echo "make            dvmm_time.ko for the running kernel, or KDIR=; tools/dvmmctl"
	@echo "make demo       two hosts, two guests, one time (does all its own set-up)"
	@echo "make test       every test that CI runs (does all its own set-up)"
	@echo "make unit       unit and property tests only, in user space"
	@echo "make fuzz       libFuzzer on all that reads the network; SECONDS=60 for each target"
	@echo "make sim        scenarios of simulated clusters in virtual time, in user space"
	@echo "make scale      the same for 2 to 1000 hosts: messages, convergence, error"
	@echo "make compare    our servo beside PI servos, on the same simulated exchanges"
	@echo "make storm      scenarios drawn by chance; COUNT=50, SEED=1"
	@echo "make mutants    break the code in known ways: each must fail a named test"
	@echo "make kselftest  Linux's own tests of clocks and timers, in guests on stock KVM and on the cluster's"
	@echo "make check      sparse, checkpatch, no kernel versions outside compat/"
	@echo "make bench      benchmarks beside stock KVM; scripts/bench sync: beside ptp4l and chrony"
	@echo "make clean"

setup:
	@scripts/setup

demo: setup
	@$(MAKE) -s programs
	@scripts/demo

test: setup
	@scripts/test

unit:
	@$(MAKE) -s -C selftests/unit
	@$(MAKE) -s -C selftests/fuzz check

# Each target for so long: make fuzz SECONDS=60
fuzz:
	@$(MAKE) -s -C selftests/fuzz fuzz

sim:
	@selftests/sim/run

scale:
	@selftests/sim/scale

compare:
	@selftests/sim/compare

storm:
	@selftests/sim/storm $(or $(COUNT),50) $(or $(SEED),1)

mutants:
	@selftests/sim/mutants/run

kselftest: setup
	@$(MAKE) -s programs
	@selftests/kselftest/run $(ARGS)

check:
	@scripts/check

bench: setup
	@$(MAKE) -s programs
	@scripts/bench

clean:
	@$(MAKE) -s -C $(KDIR) M=$(CURDIR) clean
	@rm -f kvm_hooks/layout.h
	@for dir in tools selftests/unit selftests/sim selftests/fuzz selftests/guest selftests/host; do $(MAKE) -s -C $$dir clean; done

.PHONY: all module tools programs help setup demo test unit fuzz sim scale compare storm mutants kselftest check bench clean
