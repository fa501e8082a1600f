.DEFAULT_GOAL := help
.PHONY: help run dev test test-faults test-security-long test-servers test-servers-faults test-replicas test-versions test-helm test-k8s lint format typecheck build db-migrate db-reset db-shell env-check docker-build docker-test docker-test-e2e docker-test-compose install-hooks clean

# The project's own Node 24, whatever the machine has.
NODE := node_modules/.bin/node
INSTALLED := node_modules/.installed
BUILT := dist/.built
# Folders too: a renamed file keeps its time, its folder does not.
SOURCES := $(shell find src migrations ! -name '*.spec.ts' 2>/dev/null) .swcrc

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-19s %s\n", $$1, $$2}'

run: $(BUILT) ## install and build what has changed, then serve the API (stop with Ctrl-C)
	@exec $(NODE) --enable-source-maps --import ./dist/src/platform/observability/tracing.preload.js dist/src/main.js

dev: $(INSTALLED) ## serve, and start again at every change
	@$(NODE) scripts/dev.mjs

test: $(BUILT) ## the whole suite on the embedded database (or on TEST_DATABASE_URL)
	@$(NODE) scripts/test.mjs

test-faults: $(BUILT) ## every fault, all rounds (minutes)
	@FAULT_ROUNDS=20 $(NODE) scripts/test.mjs -i test/faults test/e2e/disaster-recovery test/e2e/restore.spec test/e2e/append-only

test-security-long: $(BUILT) ## 10,000 refresh schedules, 100,000 random requests, schemathesis (minutes)
	@REFRESH_SCHEDULES=10000 FUZZ_REQUESTS=100000 $(NODE) scripts/test.mjs -i test/security/refresh-schedules test/security/fuzz.spec
	@bash scripts/schemathesis.sh

test-servers: $(BUILT) ## the suite on PostgreSQL and Redis, which it installs in a cache folder
	@bash scripts/test-on-servers.sh

test-servers-faults: $(BUILT) ## every fault, all rounds, on PostgreSQL and Redis (an hour)
	@FAULT_ROUNDS=20 bash scripts/test-on-servers.sh -i test/faults test/e2e/disaster-recovery

test-replicas: $(BUILT) ## three processes behind nginx, and a minute of rolling restarts under load (minutes)
	@ROLL_SECONDS=60 REPLICA_CHANGES=300 bash scripts/test-on-servers.sh -i test/replicas test/faults/replicas-redis

test-versions: $(BUILT) ## what differs between PostgreSQL 15, 16, 17 and 18, on each (half an hour)
	@bash scripts/test-versions.sh

test-helm: $(BUILT) ## the Helm chart, against the schemas of Kubernetes; builds helm once (minutes)
	@bash scripts/deployment/helm.sh

test-k8s: $(BUILT) ## the Helm chart, installed for real in the cluster that KUBECONFIG names (a quarter of an hour)
	@bash scripts/deployment/kubernetes.sh

lint: $(INSTALLED) ## ESLint, Prettier, dependency-cruiser, tsc
	@npm run --silent lint

format: $(INSTALLED) ## format everything
	@npm run --silent format

typecheck: $(INSTALLED) ## tsc, strict
	@npm run --silent typecheck

build: $(BUILT) ## compile to dist/

db-migrate: $(BUILT) ## apply pending migrations
	@$(NODE) dist/src/cli/main.js migrate up

db-reset: $(BUILT) ## delete ALL data and begin with an empty database (asks; CONFIRM=yes answers)
	@exec $(NODE) dist/src/cli/main.js db reset $(if $(filter yes,$(CONFIRM)),--yes)

db-shell: $(BUILT) ## SQL on the database
	@exec $(NODE) dist/src/cli/main.js db shell

env-check: $(BUILT) ## name every missing or bad setting
	@$(NODE) dist/src/cli/main.js env check

docker-build: $(INSTALLED) ## build the images family-assistant and family-assistant-tools
	@bash scripts/deployment/image.sh build

docker-test: $(INSTALLED) ## build them and prove in running containers what is promised (minutes)
	@bash scripts/deployment/image.sh test

docker-test-e2e: $(BUILT) ## the end-to-end suite inside the images, on the database built in and on servers (20 minutes)
	@bash scripts/deployment/image.sh e2e

docker-test-compose: $(INSTALLED) ## bring docker-compose.prod.yml up for real and prove it (minutes)
	@bash scripts/deployment/compose.sh

install-hooks: $(INSTALLED) ## check formatting and lint before each commit
	@npx --no-install husky

clean: ## delete what was built and installed; data stays
	rm -rf dist coverage node_modules

# Stamps: nothing is installed or built again unless it changed.
$(INSTALLED): package-lock.json
	@command -v npm >/dev/null || { echo 'Node.js with npm is needed: https://nodejs.org'; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT): $(INSTALLED) $(SOURCES)
	@npm run --silent build
	@touch $@
