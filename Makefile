# Each target is a thin face of a standard tool; `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# The notebooks that git calls changed, or whose decks are.
CHANGED = $(wildcard $(shell git diff --name-only HEAD -- 'book/*.ipynb' 'book/slides/*.md' | sed 's,slides/\(.*\)\.md,\1.ipynb,'))

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 18

book: $(READY) ## build the book and print where to open it
	$(BIN)/jupyter-book build . --all -W -n --keep-going
	@echo "The book is built. Open file://$(CURDIR)/_build/html/index.html or run make serve."

slides: book ## build the book with its slides and print where to open these
	@ls _build/html/book/slides/*.html | sed 's|^|file://$(CURDIR)/|'
	@echo "With notes and clock in a second window (key S): make serve, then http://127.0.0.1:8000/slides/"

slides-pdf: book ## print the slides to PDF, with and without notes, and link them (needs a Chromium)
	$(BIN)/python tests/tools/slides_pdf.py
	$(MAKE) book

serve: book ## build the book and serve it on this machine
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

lab: $(READY) ## open the chapters in JupyterLab
	$(BIN)/jupyter lab book

test: lint ## run every test: package, notebooks, prose, site
	$(BIN)/python -m pytest --cov --numprocesses auto --maxprocesses 4

check: lint ## run what takes less than a minute: style, package, prose, equations, and the notebooks that you changed
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 tests/package tests/book $(CHANGED)

live: $(READY) ## run every cell of every chapter in a browser, as a reader can; needs PYODIDE, see CONTRIBUTING.md
	$(BIN)/python -m pytest -m live --numprocesses auto --maxprocesses 4 tests/site

lint: $(READY) ## check the style of all code, notebooks included, and the types of the package
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

notebooks: $(READY) ## execute the notebooks, rewrite the numbers in their prose, normalise
	PYTHONPATH=book/_ext $(BIN)/python tests/tools/notebooks.py

misprints: $(READY) ## misprint every equation in every small way and print the share that is noticed
	PYTHONPATH=tests/tools:book/_ext $(BIN)/python tests/tools/misprints.py

lighthouse: book ## print what Lighthouse says of each page (needs Node and a Chromium)
	$(BIN)/python tests/tools/lighthouse.py

bench: pairs ## measure the package beside its peers; rewrites the page on speed
	PYTHONPATH=tests/tools .venv-bench/bin/python -m bench
	PYTHONPATH=tests/tools $(BIN)/python -m bench.report
	PYTHONPATH=tests/tools $(BIN)/python -m bench.clock

pairs: $(READY) .venv-bench/ready ## run the page on PyTorch and compare what both sides compute
	PYTHONPATH=tests/tools .venv-bench/bin/python -m bench.same_in_pytorch
	PYTHONPATH=tests/tools $(BIN)/python -m bench.report

bench-gpu: $(READY) ## measure where a GPU overtakes, by a PYTHON that has PyTorch and JAX for one
	PYTHONPATH=src:tests/tools $(PYTHON) -m bench.gpu
	PYTHONPATH=tests/tools $(BIN)/python -m bench.report

clean: ## remove the environment and everything built
	rm -rf .venv .venv-bench _build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "This needs Python 3.11 or newer: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" || \
	  { echo "Python has no venv module. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv-bench/ready: tests/tools/bench/requirements.txt $(READY)
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --requirement tests/tools/bench/requirements.txt
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.PHONY: help book slides slides-pdf serve lab test check live lint notebooks misprints lighthouse bench pairs bench-gpu clean
