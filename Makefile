# make test    everything this machine can run; says what it skipped and why
# make check   format, vet, staticcheck, govulncheck, architecture and size rules
# make build   the stripped binary, bin/gatepass
# make client  the same without the server half: bin/gatepass-client
# make man     the manual pages, in bin/man
# make bench   gatepass beside what a user would pick instead (see bench/)
.PHONY: test check unit race interop bench build client man
.DEFAULT_GOAL := test

SHARED ?= $(or $(GATEPASS_SHARED),$(CURDIR)/../shared)
TOOL   := go tool -modfile=.ci/tools.mod
REPORT := $(CURDIR)/bin/report

test: check unit race interop

check:
	@echo "== check"
	@out=$$($(TOOL) gofumpt -l $$(find . -name '*.go' -not -path '*/node_modules/*')); if [ -n "$$out" ]; then echo "not formatted (gofumpt -w):"; echo "$$out"; exit 1; fi
	@for m in . interop bench; do (cd $$m && go vet ./...) || exit 1; done
	@$(TOOL) staticcheck ./...
	@if [ -d "$(SHARED)/osv" ]; then $(TOOL) govulncheck -db "file://$(SHARED)/osv" ./...; \
	 elif [ -n "$$GATEPASS_REQUIRE" ]; then echo "govulncheck: no database at $(SHARED)/osv"; exit 1; \
	 else echo "skipped: govulncheck (no offline database at $(SHARED)/osv; run '$(TOOL) govulncheck ./...' on line)"; fi
	@go vet -tags client ./cmd/gatepass
	@go test -count=1 -run 'TestFloors|TestKernels|TestSizes|TestDocumented' .

$(REPORT): .ci/report/main.go
	@go build -o $(REPORT) ./.ci/report

unit: $(REPORT)
	@echo "== tests"
	@go test -json -timeout 15m ./... | $(REPORT)

race: $(REPORT)
	@if command -v gcc >/dev/null 2>&1; then echo "== race detector"; \
	   CGO_ENABLED=1 GORACE=atexit_sleep_ms=0 go test -json -race -short -timeout 15m ./... | $(REPORT); \
	 elif [ -n "$$GATEPASS_REQUIRE" ]; then echo "race detector: no gcc"; exit 1; \
	 else echo "skipped: race detector (needs gcc: apt-get install gcc)"; fi

interop: $(REPORT)
	@echo "== foreign clients"
	@cd interop && go test -json -timeout 15m ./... | $(REPORT)

build:
	@CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/gatepass ./cmd/gatepass

client:
	@CGO_ENABLED=0 go build -trimpath -tags client -ldflags='-s -w' -o bin/gatepass-client ./cmd/gatepass

man:
	@go run ./cmd/gatepass man bin/man

bench:
	@$(MAKE) -C bench bench
