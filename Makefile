# What runs here is what runs in CI (.ci/run).
GO     ?= go
TOOL   := $(GO) tool -modfile=tools/go.mod
# The rooms with goroutines, race-tested. pebblegozstd spares compiling a C library.
RACED  := ./index ./query/plan ./engine ./wal ./cluster ./client ./server/...
FUZZTIME ?= 5s

.PHONY: build demo test check bench race fuzz soak clean

build: ## one static file: ./rollcall
	CGO_ENABLED=0 $(GO) build -trimpath -o rollcall .

demo: build ## one node with the Quick Start scenario and 100,000 generated contacts; runs until interrupted
	./rollcall demo

check: ## format, vet, lint, the house's own rules
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(GO) test -count=1 -run 'TestImportsPointDown|TestRoomsSayWhatTheyHold|TestDocumentsAreThere' .

test: build ## every test once, then the rooms with goroutines under the race detector
	$(GO) test -count=1 ./...
	CGO_ENABLED=1 $(GO) test -count=1 -short -race -tags pebblegozstd $(RACED)

race:
	CGO_ENABLED=1 $(GO) test -count=1 -race -tags pebblegozstd $(RACED)

bench: build ## the capacity-planning suite at a size that fits a laptop
	./rollcall bench segment --contacts 10000000 --tags 40 --seed 1
	./rollcall bench lookup --contacts 5000000
	./rollcall bench ingest --events 500000
	./rollcall bench restart --contacts 200000 --events 2000000

fuzz: ## every native fuzz target for FUZZTIME
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; done

soak: ## the long forms: kill -9 cycles, crash points, random engines
	ROLLCALL_SOAK=1 $(GO) test -count=1 -timeout 8h -run 'Soak|Kill|Crash|Random|Differential' ./...

clean:
	rm -rf rollcall bin
