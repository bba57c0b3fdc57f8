# Two commands: make demo, make test. Everything else is one CMake build in build/release (CMakePresets.json).
.PHONY: build demo test bench install format check deps clean
BUILD := build/release
JOBS := $(shell nproc)

build: deps
	@cmake --preset release >/dev/null
	@cmake --build $(BUILD) -j $(JOBS)
	@rm -rf build/lmc && ln -s release/tools/lmc/lmc build/lmc

deps:
	@scripts/install-deps.sh --test

demo: build
	@scripts/install-deps.sh --bench
	@bench/demo

test: build
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

bench: build
	@scripts/install-deps.sh --bench
	@bench/run --kind all

install: build
	@cmake --install $(BUILD)

format:
	@scripts/check-style --fix

check: build
	@scripts/install-deps.sh --check
	@scripts/check-layering
	@scripts/check-style
	@scripts/check-docs

clean:
	@rm -rf build
