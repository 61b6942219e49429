# Local Video Server. `make run` serves, `make test` tests; both make .venv first, from a plain Python 3.11 or newer.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
# The suite starts more than a thousand processes, and each would compile the project anew where no bytecode is kept.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: run test test-long quick lint lock bench docs texts clean

run: .venv/.runtime
	$(BIN)/python manage.py serve $(if $(VIDEOS),"$(VIDEOS)") $(SERVE)

test: .venv/.dev
	$(PYTEST) $(TESTS)

# The long loops at their full count, which `make test` runs at a reduced one. SINCE=COMMIT leaves out those that cover
# no file that has changed since; pytest ends with 5 where that is all of them.
test-long: .venv/.dev
	TEST_LONG=1 TEST_LONG_SINCE=$(SINCE) $(PYTEST) -m long $(TESTS) || test $$? -eq 5

# Without what starts servers and browsers.
quick: .venv/.dev
	$(PYTEST) -m "not slow" $(TESTS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --deploy --fail-level WARNING

# Makes requirements.lock again from requirements.txt. What is locked already stays at its version where it can;
# `make lock LOCK=--upgrade` takes the newest of everything that requirements.txt does not pin.
lock: .venv/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --annotation-style line \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(LOCK) \
		--output-file requirements.lock requirements.txt

bench: .venv/.dev
	$(BIN)/python -m benchmarks $(BENCH)

# Draws the pictures in docs/architecture.md. Needs graphviz.
docs: .venv/.dev
	$(BIN)/python manage.py graph_models videos --dot -X ViewersMark | dot -Tsvg -o docs/models.svg
	dot -Tsvg docs/packages.dot -o docs/packages.svg

# Collects the pages' texts into locale/, and makes of the translations what the pages read. Needs gettext.
texts: .venv/.dev
	$(BIN)/python manage.py makemessages --all --no-location --no-obsolete --ignore tests --ignore benchmarks
	$(BIN)/python manage.py compilemessages --ignore .venv

clean:
	rm -rf .venv

.venv/.runtime: requirements.lock
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Local Video Server needs Python 3.11 or newer."; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
