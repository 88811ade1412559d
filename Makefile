# `make run` starts the chat, and `make test` tests it. `make help` lists the rest.
VENV := .venv
PYTHON := $(VENV)/bin/python
# What the virtual environment is made with: the Python, and the lock file of the tools for development.
PYTHON3 := python3
DEV := dev
# Several instances may start from one checkout at the same time. Only one of them prepares at a time.
LOCK := $(if $(shell command -v flock),flock .make.lock)
# numpy is installed only for a site that answers from staff's answers.
FAQ := $(shell { printenv CHATBOT_PROVIDER CHATBOT_STANDBY; \
  grep -E '^CHATBOT_(PROVIDER|STANDBY)=' "$${ENV_FILE:-.env}" 2>/dev/null; } | grep -qw faq && echo yes)

# Two processes run the tests, one module each at a time. On two cores more of them take longer in all.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help run test test-quick check lint types imports torture bench bench-widget bench-answers screenshots messages superuser prepare lock clean

help:  ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## Serve the chat on HOST:PORT (127.0.0.1:8000).
	@$(LOCK) $(MAKE) --no-print-directory prepare
	@exec $(PYTHON) manage.py serve

prepare: $(VENV)/.run $(if $(FAQ),$(VENV)/.faq) .env
	@$(PYTHON) -m chatbot.secret
	@$(PYTHON) manage.py prepare

test: $(VENV)/.dev check  ## Check the code, then run every test.
	@$(PYTHON) -m pytest $(PARALLEL)

test-quick: $(VENV)/.dev  ## Run the tests that need neither a browser nor a server.
	@QUICK=1 $(PYTHON) -m pytest $(PARALLEL) -rfE --ignore tests/browser

check: lint types imports  ## Lint, types and import contracts.

lint: $(VENV)/.dev
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: $(VENV)/.dev
	@$(VENV)/bin/mypy

imports: $(VENV)/.dev
	@$(VENV)/bin/lint-imports

torture: $(VENV)/.dev  ## Run the fault tests at length: 200 rounds of kill -9 under load, 5,000 visitors at once, and more.
	@TORTURE_ROUNDS=$${TORTURE_ROUNDS:-200} TORTURE_VISITORS=$${TORTURE_VISITORS:-30} TORTURE_HERD=$${TORTURE_HERD:-5000} \
		$(PYTHON) -m pytest --timeout 0 tests/test_faults.py

bench: $(VENV)/.dev  ## Compare the service with simple consumers. BENCH="--help" lists options.
	@$(PYTHON) -m benchmarks $(BENCH)

bench-widget: $(VENV)/.dev  ## Measure the widget in Chromium.
	@$(PYTHON) -m benchmarks.widget

bench-answers: $(VENV)/.bench  ## Measure how well questions find their answers, beside other ways.
	@$(PYTHON) -m benchmarks.answers

screenshots: $(VENV)/.dev  ## Take the docs' pictures again.
	@$(PYTHON) -m tests.screenshots

messages: $(VENV)/.run  ## Collect the interface's texts and compile their translations.
	@SECRET_KEY=unused $(PYTHON) manage.py makemessages --all --extension py,html --no-location --no-wrap --no-obsolete \
		--ignore 'tests/*' --ignore 'benchmarks/*' --ignore '.*' --ignore node_modules
	@sed -i.old '/^"POT-Creation-Date: /d' chat/locale/*/LC_MESSAGES/django.po && rm chat/locale/*/LC_MESSAGES/django.po.old
	@cd chat && ../$(VENV)/bin/django-admin compilemessages

superuser: prepare  ## Create an account for the admin.
	@$(PYTHON) manage.py createsuperuser

LOCKED := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate ../pyproject.toml
lock: $(VENV)/.uv  ## Write the lock files again.
	@cd requirements && ../$(VENV)/bin/$(LOCKED) --upgrade-package 'django<6' --output-file run.txt
	@cd requirements && ../$(VENV)/bin/$(LOCKED) --constraint run.txt --extra faq --output-file faq.txt
	@cd requirements && ../$(VENV)/bin/$(LOCKED) --constraint faq.txt --extra faq --extra dev --output-file dev.txt
	@cd requirements && ../$(VENV)/bin/$(LOCKED) --constraint dev.txt --extra faq --extra bench --output-file bench.txt
	@cd requirements && ../$(VENV)/bin/$(subst 3.11,3.12,$(LOCKED)) --upgrade-package 'django>=6' --extra faq --extra dev --output-file django6.txt

clean:  ## Remove the virtual environment and the collected files. Data and .env stay.
	@rm -rf $(VENV) .venv-* .static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.env: | .env.example
	@cp .env.example .env && chmod 600 .env && echo "Created .env."

$(VENV)/.uv: requirements/uv.txt
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; python3 is " + sys.version.split()[0] + ".")'
	@echo "Preparing $(VENV) ..."
	@if $(PYTHON3) -c 'import ensurepip' 2>/dev/null; then $(PYTHON3) -m venv $(VENV); \
	elif $(PYTHON3) -m pip --version >/dev/null 2>&1; then $(PYTHON3) -m venv --without-pip $(VENV) && $(PYTHON3) -m pip --python $(PYTHON) install --quiet pip; \
	else echo "python3 has neither venv nor pip. On Debian: apt-get install python3-venv"; exit 1; fi
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.run: requirements/run.txt $(VENV)/.uv
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/.faq: requirements/faq.txt $(VENV)/.run
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes -r requirements/faq.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.faq
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes -r requirements/bench.txt
	@touch $@

$(VENV)/.dev: requirements/$(DEV).txt $(VENV)/.run
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip install --quiet --require-hashes -r requirements/$(DEV).txt
	@touch $@
