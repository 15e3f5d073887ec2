# The commands of this repository. `make` alone lists them.

SWIFT ?= swift

# The demonstration: a phantom scan of three half turns.
DEMO ?= demo
DEMO_ANGLES ?= 540
DEMO_COLUMNS ?= 256
DEMO_SLICES ?= 32
DEMO_TURNS ?= 1.5
DEMO_NOISE ?= 0.01
DEMO_SEED ?= 1
DEMO_WINDOW ?= 180deg
DEMO_EVERY ?= 15deg

# The pipeline that is built as one file.
PRODUCT ?= LiveTomography

# The program that makes pictures.
LIVE ?= .build/release/LiveTomography

# The fault simulator: how many random programs of the log, from which seed; of heavier ones a part of that.
SEEDS ?= 5000
FIRST_SEED ?= 1

# For how long brokers are killed and stopped.
SOAK_SECONDS ?= 600

# How many runs have their jobs killed, on each scheduler.
KILL_ROUNDS ?= 20

SWIFT_PATHS := Package.swift Sources Pipelines Plugins Templates Benchmarks Tests

MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help dependencies demo pictures build static static-check lean test scaffold simulate soak kills count lint format sanitize

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

dependencies: ## Install the C libraries that are missing (Debian and Ubuntu)
	@Scripts/install-dependencies

demo: dependencies ## Make a phantom scan and reconstruct it live, with pictures
	@$(SWIFT) build --configuration release --product LiveTomography
	@mkdir -p $(DEMO)
	@set -e; \
	live="$$($(SWIFT) build --configuration release --show-bin-path)/LiveTomography"; \
	"$$live" phantom --output $(DEMO)/scan.h5 --angles $(DEMO_ANGLES) --columns $(DEMO_COLUMNS) \
	    --slices $(DEMO_SLICES) --turns $(DEMO_TURNS) --noise $(DEMO_NOISE) --seed $(DEMO_SEED) --overwrite; \
	"$$live" run --input $(DEMO)/scan.h5 --output $(DEMO)/volume.h5 --log $(DEMO)/penstock-log \
	    --window $(DEMO_WINDOW) --every $(DEMO_EVERY) --preview $(DEMO)/preview --overwrite
	@echo
	@echo "The reconstructed volume:       $(DEMO)/volume.h5 (dataset /exchange/data)"
	@echo "The picture after every window: $(DEMO)/preview/"

pictures: ## Make the pictures of docs/tomography.md again, by LIVE, the program
	@set -e; rm -rf $(DEMO)-pictures; mkdir -p $(DEMO)-pictures; live="$$(realpath $(LIVE))"; cd $(DEMO)-pictures; \
	"$$live" phantom --output scan.h5 --angles 180 --columns 96 --slices 3 --centre 50.3 --noise 0.005; \
	"$$live" centre --input scan.h5 --range 49:52:0.5; \
	"$$live" phantom --output turning.h5 --angles 180 --columns 64 --slices 16; \
	"$$live" run --input turning.h5 --window 180deg --every 30deg --preview pictures --pixel-size 0.65
	@cp $(DEMO)-pictures/centre.png docs/images/tomography-centre.png
	@cp $(DEMO)-pictures/pictures/window_00005.png docs/images/tomography-preview.png
	@cp $(DEMO)-pictures/pictures/windows.png docs/images/tomography-windows.png
	@rm -rf $(DEMO)-pictures

build: dependencies ## Build everything, optimised
	$(SWIFT) build --configuration release

static: dependencies ## Build PRODUCT as one file to ship, with the Swift runtime and the C libraries inside
	@SWIFT="$(SWIFT)" Scripts/build-static $(PRODUCT)

static-check: dependencies ## Build SensorWindows as one file, and compare it with the ordinary program in an empty environment
	@SWIFT="$(SWIFT)" Scripts/check-static

lean: dependencies ## Build a pipeline without the trait Broker; fails where there is a network in it
	$(SWIFT) build --disable-default-traits --product SensorWindows --scratch-path .build-lean
	@nm .build-lean/debug/SensorWindows | awk '/NIO|SSL_CTX_/ { count++ } \
	    END { if (count) { print "error: there are " count " symbols of NIO and of TLS in it"; exit 1 } }'

test: dependencies ## Build and run all tests
	$(SWIFT) build --build-tests
	SWIFT="$(SWIFT)" Scripts/run-tests

scaffold: dependencies ## Make a package of each template, build and test it, and try the verbs of SwiftPM on one
	SWIFT="$(SWIFT)" Scripts/try-scaffold

simulate: dependencies ## Try the log, pipelines and brokers under SEEDS random faults and crashes, from FIRST_SEED on
	PENSTOCK_SIMULATION_SEEDS=$(SEEDS) PENSTOCK_SIMULATION_FIRST_SEED=$(FIRST_SEED) \
	    $(SWIFT) test --filter 'SimulationTests/keepsPromises|CoordinationModelTests'

soak: dependencies ## Kill and stop a broker and its clients under load for SOAK_SECONDS, over TCP and over a fabric
	PENSTOCK_SOAK_SECONDS=$(SOAK_SECONDS) $(SWIFT) test --filter PenstockBrokerTests.BrokerSuites/KillTests

kills: dependencies ## Kill the jobs of runs at random moments for KILL_ROUNDS rounds, on this host and on a real Slurm
	@Scripts/install-dependencies --testing
	PENSTOCK_KILL_ROUNDS=$(KILL_ROUNDS) $(SWIFT) test --filter 'PenstockBatchTests.ChainTests/kills'

count: dependencies ## Count the instructions and allocations of an event; fails above the limits
	@Scripts/install-dependencies --measuring
	@Benchmarks/count-instructions

lint: ## Check the format of the Swift sources
	$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_PATHS)

format: ## Format the Swift sources in place
	$(SWIFT) format --in-place --recursive --parallel $(SWIFT_PATHS)

sanitize: dependencies ## Run all tests under the thread and the address sanitizer
	SWIFT="$(SWIFT)" Scripts/sanitize thread
	SWIFT="$(SWIFT)" Scripts/sanitize address
