# One short name for each routine task. `make help` lists them.

PORT ?= 8000
PYTHON ?= python3

python := .venv/bin/python
# The demo's secret key is made once, on this machine, and never leaves it.
key := .data/secret_key
demo_environment := SECRET_KEY_FILE=$(key) SITE_URL="http://127.0.0.1:$(PORT)" DEBUG=off
development := DEBUG=on

.DEFAULT_GOAL := help
.PHONY: help demo passwords quick test drills pooler mutants check format tools requirements pictures messages clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/run $(key) ## Serve a working site with one real article on 127.0.0.1:8000 (PORT= for another)
	@# The parent of this shell, and then of the command, is make.
	@exec env $(demo_environment) $(python) manage.py demo --port "$(PORT)" --parent "$$PPID"

passwords: .venv/run $(key) ## Give the demo's editors new passwords and print them
	@$(demo_environment) $(python) manage.py demo_people --new-passwords

quick: .venv/develop ## Run the tests that need no server, browser or crawl, in a minute
	QUICK=1 $(development) $(python) -m pytest -q -n auto --dist worksteal --reuse-db -m "not slow"

test: .venv/develop tools ## Run every test, including those in a browser
	$(development) $(python) -m pytest -q -n auto --dist worksteal --ignore tests/test_drills.py
	$(development) $(python) -m pytest -q -n auto --dist loadfile tests/e2e

drills: .venv/develop ## Lose a server and restore it, and fail over to a standby, on this machine (three minutes)
	$(development) $(python) -m pytest -q tests/test_drills.py

pooler: .venv/develop tools ## Run every test through PgBouncer in transaction mode (needs pgbouncer)
	$(python) -m tests.pooler -q -n auto --dist worksteal --ignore tests/test_drills.py
	$(python) -m tests.pooler -q -n auto --dist loadfile tests/e2e

mutants: .venv/develop ## Break the code in thousands of ways and see which tests notice (MUTANTS='claims.record.rows*' for some)
	@# The runs share one database, so it is made anew first, and there is one run at a time.
	$(development) $(python) -m pytest -q --reuse-db --create-db tests/claims/models
	QUICK=1 $(development) .venv/bin/mutmut run --max-children 1 $(MUTANTS)
	$(development) .venv/bin/mutmut results

check: .venv/develop ## Check types, style, migrations and the production settings
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	$(development) .venv/bin/mypy
	$(development) $(python) manage.py makemigrations --check --dry-run
	@# On a migrated database of the tests, as the role of the web processes: on the developer's own it would be the owner.
	$(development) $(python) -m pytest -q tests/test_settings.py -k deployment_checks

format: .venv/develop ## Format the code
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

tools: ## Find or install the programs that the tests need, or say how to
	@sh tests/find_tools.sh

requirements: ## Pin the requirements again (needs uv on the path)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--group pyproject.toml:extra pyproject.toml -c requirements.txt -o requirements-extra.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--group pyproject.toml:matching pyproject.toml -c requirements-extra.txt -o requirements-matching.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--group pyproject.toml:dev pyproject.toml -c requirements-extra.txt -c requirements-matching.txt \
		-o requirements-dev.txt

messages: .venv/develop ## Collect the sentences to translate and compile the translations (needs gettext)
	$(development) $(python) manage.py makemessages --all --no-location --no-obsolete \
		--ignore '.venv/*' --ignore '.data/*' --ignore 'benchmarks/*' --ignore 'docs/*' --ignore 'tests/*'
	$(development) $(python) manage.py compilemessages --ignore '.venv/*'

pictures: .venv/develop ## Take the README's pictures from a running demo (DESK_USER=chief DESK_PASSWORD=... make pictures)
	$(python) docs/take_pictures.py http://127.0.0.1:$(PORT)

clean: ## Remove the environment and keep the data
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Factcheck needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON, for example PYTHON=python3.13."; exit 1; }
	@echo "Making the environment in .venv (once) ..."
	@$(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }

.venv/run: requirements-extra.txt | .venv/bin/python
	@echo "Installing what the site needs (once) ..."
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-extra.txt
	@touch $@

.venv/develop: requirements-dev.txt .venv/run
	@echo "Installing what the tests need (once) ..."
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(key): | .venv/bin/python
	@mkdir -p .data
	@umask 077; $(python) -c 'import secrets; print(secrets.token_urlsafe(50))' > $(key)
