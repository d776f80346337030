# Run `make help` for what can be made here.

SWIFT ?= swift
# Given to every build and test, and to no other command.
SWIFT_FLAGS ?=
DOCKER ?= docker
IMAGE ?= latchkey:dev
# Given to the server by `make run` and `make run-image`.
ARGS ?=

STRICT_FLAGS := -Xswiftc -warnings-as-errors
# More at once wait for each other for so long, and have so many descriptors open, that some fail.
TEST_FLAGS := --disable-xctest --experimental-maximum-parallelization-width 64
# A few tests at a time where each takes ten times as long: all at once they would wait for each other.
SLOW_TEST_FLAGS := --disable-xctest --experimental-maximum-parallelization-width 4
SWIFT_FILES := Package.swift Sources Tests Benchmarks/StoreBenchmark/Package.swift Benchmarks/StoreBenchmark/Sources \
	Torture/Fuzz/Package.swift $(wildcard Torture/Fuzz/Sources/parser-fuzzer/*.swift)

.DEFAULT_GOAL := help
.PHONY: help run build release test test-tsan test-asan check-api check-page screenshot check-deploy check-clients check-restarts format lint image
.PHONY: run-image toolchain dependencies test-dependencies
.PHONY: bench bench-quick bench-budget bench-store bench-eviction bench-test
.PHONY: torture torture-quick torture-test torture-asan torture-tsan

help: ## Tell what can be made.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: build ## Build, and serve on 127.0.0.1:8080. Flags for the server: make run ARGS="--port 9000"
	@exec .build/release/latchkey $(ARGS)

build: dependencies ## Build for release.
	$(SWIFT) build -c release --product latchkey $(SWIFT_FLAGS)

# Apart from `build`, since other flags mean that everything is compiled anew. The compiler's warnings about our own
# targets become errors; the package manager keeps the flag from those that we depend on.
release: dependencies ## Build for release in .build-release, with warnings as errors.
	$(SWIFT) build -c release --product latchkey --scratch-path .build-release $(STRICT_FLAGS) $(SWIFT_FLAGS)

test: test-dependencies ## Run all tests.
	Scripts/test $(SWIFT) test $(TEST_FLAGS) $(SWIFT_FLAGS)

test-tsan: test-dependencies ## Run all tests under ThreadSanitizer.
	Scripts/test $(SWIFT) test $(SLOW_TEST_FLAGS) --sanitize=thread -Xswiftc -DTHREAD_SANITIZER --scratch-path .build-tsan $(SWIFT_FLAGS)

test-asan: test-dependencies ## Run all tests under AddressSanitizer.
	LSAN_OPTIONS=suppressions=$(CURDIR)/Scripts/leak-suppressions.txt \
		PROGRAM_LSAN_OPTIONS=suppressions=$(CURDIR)/Scripts/program-leak-suppressions.txt:print_suppressions=0 \
		Scripts/test $(SWIFT) test $(SLOW_TEST_FLAGS) --sanitize=address -Xswiftc -DADDRESS_SANITIZER --scratch-path .build-asan $(SWIFT_FLAGS)

ifdef BINARY
check-api: ## Check the server against openapi.yaml. With BINARY=FILE: that one, without building.
	@Scripts/install-dependencies python3 python3-venv
	Scripts/check-api $(BINARY)
else
check-api: build
	@Scripts/install-dependencies python3 python3-venv
	Scripts/check-api .build/release/latchkey
endif

ifdef BINARY
check-page screenshot: PAGE_BINARY := $(BINARY)
else
check-page screenshot: PAGE_BINARY := .build/release/latchkey
check-page screenshot: build
endif
PAGE_PACKAGES := python3 python3-selenium chromium chromium-driver

check-page: ## Look at the live page, and at what other pages may do, with a browser. With BINARY=FILE: that one, without building.
	@Scripts/install-dependencies $(PAGE_PACKAGES)
	Scripts/check-page $(PAGE_BINARY)

screenshot: ## Take the picture of the live page that is in README.md. With BINARY=FILE: as above.
	@Scripts/install-dependencies $(PAGE_PACKAGES) python3-pil
	Scripts/check-page $(PAGE_BINARY) Documentation/images/live-page.png

CHECK_CLIENTS := @Scripts/install-dependencies curl gcc nginx-light openssl python3 wrk && Scripts/check-clients

ifdef BINARY
check-clients: ## Check that clients and proxies are served. With BINARY=FILE: that one, without building.
	$(CHECK_CLIENTS) $(BINARY)
else
check-clients: build
	$(CHECK_CLIENTS) .build/release/latchkey
endif

CHECK_RESTARTS := @Scripts/install-dependencies haproxy nginx-light python3 && Scripts/check-restarts
# How long the load is that the restarts are under.
SECONDS ?= 10

ifdef BINARY
check-restarts: ## Restart instances behind nginx and HAProxy under load: SECONDS=60. With BINARY=FILE: that one, without building.
	$(CHECK_RESTARTS) $(BINARY) $(SECONDS)
else
check-restarts: build
	$(CHECK_RESTARTS) .build/release/latchkey $(SECONDS)
endif

CHECK_DEPLOY := @Scripts/install-dependencies prometheus python3 python3-venv systemd && Scripts/check-deploy

ifdef BINARY
check-deploy: ## Check deploy/ with promtool and a real Prometheus. With BINARY=FILE: that one, without building.
	$(CHECK_DEPLOY) $(BINARY)
else
check-deploy: build
	$(CHECK_DEPLOY) .build/release/latchkey
endif

BENCH := @Scripts/install-dependencies python3 python3-venv binutils; PYTHONPATH=Benchmarks python3 -m latchkey_bench
# Given to the benchmark: make bench BENCH_ARGS="--only latency --peers bare,hyper"
BENCH_ARGS ?=

ifdef BINARY
bench bench-quick bench-budget: BENCH_BINARY := --binary $(BINARY)
else
bench bench-quick bench-budget: build
endif

bench: ## Measure against the peers, for an hour, and write Benchmarks/results. With BINARY=FILE: that one, without building.
	$(BENCH) run $(BENCH_BINARY) $(BENCH_ARGS)

bench-quick: ## The same, each measurement for a moment, to see that it works.
	$(BENCH) run --quick $(BENCH_BINARY) $(BENCH_ARGS)

bench-budget: ## Hold allocations and instructions a request to their budgets. With UPDATE=1: write new ones.
	$(BENCH) budget $(BENCH_BINARY) $(if $(UPDATE),--update)

bench-store: dependencies ## Measure the store alone, against dashmap and other ways to share a table. BENCH_ARGS="--rounds 3"
	@Scripts/install-dependencies python3
	python3 Benchmarks/store_bench.py $(BENCH_ARGS)

bench-eviction: dependencies ## Compare the hit ratio of --eviction s3-fifo with LRU and FIFO. BENCH_ARGS="FOOTPRINT REQUESTS"
	$(SWIFT) run -c release --package-path Benchmarks/StoreBenchmark store-benchmark eviction $(BENCH_ARGS)

bench-test: ## Test the pure parts of the benchmark.
	@Scripts/install-dependencies python3
	cd Benchmarks && python3 -m unittest discover --start-directory tests --top-level-directory .

TORTURE := @Scripts/install-dependencies python3 gcc; cd Torture && python3 -m latchkey_torture
# Given to the torture: make torture TORTURE_ARGS="--only http --seed 7"
TORTURE_ARGS ?=
# The package manager's own builds, where no others are named.
ASAN_BINARY ?= .build-asan/debug/latchkey
TSAN_BINARY ?= .build-tsan/debug/latchkey

ifdef BINARY
torture torture-quick: TORTURE_BINARIES := --binary $(abspath $(BINARY))
else
torture torture-quick: build
endif
torture torture-quick: TORTURE_BINARIES += --asan-binary $(abspath $(ASAN_BINARY)) --tsan-binary $(abspath $(TSAN_BINARY))
ifeq ($(origin ASAN_BINARY),file)
torture torture-quick: torture-asan
endif
ifeq ($(origin TSAN_BINARY),file)
torture: torture-tsan
endif

torture: ## Try to break the server, for two hours and three quarters, and tell what it survived. With BINARY=FILE: as with bench.
	$(TORTURE) run $(TORTURE_BINARIES) $(TORTURE_ARGS)

torture-quick: ## The short forms, but for ThreadSanitizer's.
	$(TORTURE) run --quick --only http,engines,histories,endings,faults,slow,memory,parsers,soak $(TORTURE_BINARIES) $(TORTURE_ARGS)

torture-test: ## Test the pure parts of the torture.
	@Scripts/install-dependencies python3 gcc
	cd Torture && python3 -m unittest discover --start-directory tests --top-level-directory .

torture-asan: dependencies
	$(SWIFT) build --product latchkey --sanitize=address -Xswiftc -DADDRESS_SANITIZER --scratch-path .build-asan $(SWIFT_FLAGS)

torture-tsan: dependencies
	$(SWIFT) build --product latchkey --sanitize=thread -Xswiftc -DTHREAD_SANITIZER --scratch-path .build-tsan $(SWIFT_FLAGS)

format: toolchain ## Lay the sources out as .swift-format says.
	$(SWIFT) format --in-place --recursive --parallel --configuration .swift-format $(SWIFT_FILES)

lint: toolchain ## Check the layout of the sources, their imports, and that nothing is in the repository that does not belong.
	@Scripts/install-dependencies python3
	Scripts/check-files
	Scripts/check-imports . Benchmarks/StoreBenchmark Torture/Fuzz
	python3 -m unittest discover --start-directory Tests/Repository
	$(SWIFT) format lint --strict --recursive --parallel --configuration .swift-format $(SWIFT_FILES)

image: ## Build the container image. With podman: make image DOCKER=podman
	$(DOCKER) build --tag $(IMAGE) --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null)" .

run-image: ## Run the image on 127.0.0.1:8080, with a read-only root and no capabilities.
	$(DOCKER) run --rm --read-only --cap-drop ALL --security-opt no-new-privileges \
		--publish 127.0.0.1:8080:8080 $(IMAGE) $(ARGS)

toolchain:
	@command -v $(SWIFT) >/dev/null || { \
		echo "No Swift toolchain: install Swift 6.2 or later (https://www.swift.org/install) and put swift on PATH." >&2; \
		exit 1; }

dependencies: toolchain
	@Scripts/install-dependencies

test-dependencies: toolchain
	@Scripts/install-dependencies curl openssl
