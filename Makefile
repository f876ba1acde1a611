SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
# Where `make up` keeps its data: the same directory that the binary uses by itself.
DATA ?= $(if $(SLUICE_DATA_DIRECTORY),$(SLUICE_DATA_DIRECTORY),$(shell [ "$$(id -u)" = 0 ] && echo /var/lib/sluice || echo "$$HOME/.sluice"))
RELEASE := .build/release
SOURCES := Sources Tests Package.swift
export SLUICE_DATA_DIRECTORY := $(DATA)

.PHONY: help up down clean-data release test test-az fuzz fuzz-templates chaos lint format bench bench-router

help:
	@echo 'make up           install what is missing, build, start Sluice, deploy and score examples/iris'
	@echo 'make down         stop everything that make up started'
	@echo 'make clean-data   remove the data directory, after asking'
	@echo 'make test         run all tests: the code, the clients of Azure, other protocols, the contract'
	@echo 'make test-az      run the tests with azure-cli, which are not part of make test'
	@echo 'make fuzz         try random messages on the router and random templates, FUZZ_SECONDS=60 each, guided by coverage'
	@echo 'make chaos        break a running Sluice part by part under load; OPTIONS=--help tells more'
	@echo 'make lint         check format, imports and layers'
	@echo 'make bench        print the benchmarks'
	@echo 'make bench-router print the router beside nginx, HAProxy and Envoy; OPTIONS=--help tells more'

up: release
	@$(RELEASE)/sluice up --sample examples/iris

down:
	@$(RELEASE)/sluice down

clean-data:
	@read -r -p 'Remove $(DATA) with everything in it? [y/N] ' answer; \
	if [ "$$answer" = y ]; then \
	    [ ! -x $(RELEASE)/sluice ] || $(RELEASE)/sluice down; rm -rf '$(DATA)'; echo 'Removed.'; \
	else echo 'Kept.'; fi

release:
	@mkdir -p '$(DATA)' && chmod 711 '$(DATA)'
	@scripts/setup '$(DATA)/tools'
	@swift build -c release --product sluice 2>&1 | scripts/quiet
	@swift build -c release --product sluice-confine 2>&1 | scripts/quiet
	@swift build -c release --product sluice-router 2>&1 | scripts/quiet

# All tests at once would keep each other waiting beyond their limits.
TEST_WIDTH = --experimental-maximum-parallelization-width 16
test:
	@scripts/setup .build/tools
	@swift build --build-tests 2>&1 | scripts/quiet
	PATH="$$PWD/.build/tools/bin:$$PATH" SLUICE_DATA_DIRECTORY= swift test --skip-build $(TEST_WIDTH)
	@scripts/venv .build/clients Tests/Clients/requirements.txt
	UV="$$PWD/.build/tools/bin/uv" .build/clients/bin/python -m pytest Tests/Clients
	@scripts/venv .build/protocols Tests/Protocols/requirements.txt
	.build/protocols/bin/python -m pytest Tests/Protocols
	@scripts/venv .build/contract Tests/Contract/requirements.txt
	.build/contract/bin/python Tests/Contract/run.py

# azure-cli is large and pins what the other clients have in newer versions.
test-az:
	@scripts/setup .build/tools
	@swift build --product sluice-router 2>&1 | scripts/quiet
	@swift build --product sluice 2>&1 | scripts/quiet
	@swift build --product sluice-confine 2>&1 | scripts/quiet
	@scripts/venv .build/az Tests/Clients/az/requirements.txt
	UV="$$PWD/.build/tools/bin/uv" .build/az/bin/python -m pytest Tests/Clients/az

# Inputs that reach new code are kept in .build/fuzz/corpus, one that fails in .build/fuzz.
FUZZ_SECONDS ?= 60
fuzz: fuzz-templates
	@SLUICE_FUZZ=1 swift build --scratch-path .build/fuzz --sanitize=fuzzer --product sluice-fuzz 2>&1 | scripts/quiet
	@mkdir -p .build/fuzz/corpus
	@SWIFT_BACKTRACE=enable=no .build/fuzz/debug/sluice-fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=2048 -timeout=5 \
	    -dict=Tests/Fuzz/http.dict -artifact_prefix=.build/fuzz/ -print_final_stats=1 -verbosity=0 .build/fuzz/corpus Tests/Fuzz/Corpus

FUZZ_TEMPLATES = .build/fuzz/templates
fuzz-templates:
	@SLUICE_FUZZ=1 swift build --scratch-path .build/fuzz --sanitize=fuzzer --product sluice-template-fuzz 2>&1 | scripts/quiet
	@mkdir -p $(FUZZ_TEMPLATES)
	@SWIFT_BACKTRACE=enable=no .build/fuzz/debug/sluice-template-fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=2048 -timeout=20 \
	    -rss_limit_mb=2048 -dict=Tests/Fuzz/template.dict -artifact_prefix=.build/fuzz/ -print_final_stats=1 -verbosity=0 \
	    $(FUZZ_TEMPLATES) Tests/Fuzz/TemplateCorpus

# Takes some ten minutes.
chaos:
	@scripts/setup .build/tools
	@swift build -c release --product sluice 2>&1 | scripts/quiet
	@swift build -c release --product sluice-confine 2>&1 | scripts/quiet
	@swift build -c release --product sluice-router 2>&1 | scripts/quiet
	@python3 Tests/Chaos/run.py $(OPTIONS)

lint:
	@scripts/setup .build/tools
	swift format lint --strict --recursive $(SOURCES)
	@scripts/check-layers
	@scripts/check-security
	swift build --explicit-target-dependency-import-check error 2>&1 | scripts/quiet

format:
	swift format format --in-place --recursive $(SOURCES)

bench:
	@scripts/setup .build/tools
	SLUICE_BENCHMARKS=1 swift build -c release --product sluice-benchmarks 2>&1 | scripts/quiet
	@swift build -c release --product sluice 2>&1 | scripts/quiet
	@swift build -c release --product sluice-confine 2>&1 | scripts/quiet
	@swift build -c release --product sluice-router 2>&1 | scripts/quiet
	PATH="$$PWD/.build/tools/bin:$$PATH" $(RELEASE)/sluice-benchmarks

bench-router:
	@scripts/setup .build/tools
	@scripts/bench-peers .build/bench-router-venv
	@swift build -c release --product sluice-router 2>&1 | scripts/quiet
	@python3 Tests/Benchmarks/router/run.py $(OPTIONS)
