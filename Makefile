# Each target is a thin face of a standard tool; `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
PIP := -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --no-user
ADDRESSES := $(BIN)/python -c "import pathlib, sys; print(*[pathlib.Path(f).resolve().as_uri() for f in sys.argv[1:]], sep='\n')"
PRINTED := PYTHONPATH=book/_ext $(BIN)/python tests/tools/printed.py
# What another environment has set would lead pip, Python or Jupyter out of this one.
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH PYTHONOPTIMIZE PYTHONWARNINGS SOURCE_DATE_EPOCH
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON PIP_DRY_RUN JUPYTER_PATH
# An environment knows where it was made: in a folder that was copied or moved it is made anew.
$(shell for ready in .venv*/ready; do [ "$$(cat $$ready 2>/dev/null)" = "$(CURDIR)" ] || rm -f $$ready; done)
# All that builds does so in one folder: with make -j, too, one target waits for the other.
.NOTPARALLEL:
# What students get, and what it is made of.
ARCHIVE := _build/html/notebooks/previously-on.zip
SOURCES := $(wildcard _*.yml *.toml requirements.txt book/*.* book/*/*.* src/previously/*.*)
# The notebooks that git calls changed, or whose decks are; all where git does not know, as in an archive.
CHANGED = $(wildcard $(shell { git diff --relative --name-only HEAD -- 'book/*.ipynb' 'book/slides/*.md' 2>/dev/null || echo book/*.ipynb; } | sed 's,slides/\(.*\)\.md,\1.ipynb,'))

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 18

book: $(READY) ## build the book and print where to open it
	$(BIN)/jupyter-book build . --all -W -n --keep-going
	@echo "The book is built. Open this address, or run make serve:"
	@$(ADDRESSES) _build/html/index.html

slides: book ## build the book with its slides and print where to open these
	@$(ADDRESSES) _build/html/book/slides/*.html
	@echo "With notes and clock in a second window (key S): make serve, then http://127.0.0.1:8000/slides/"

slides-pdf: book ## print the slides to PDF, with and without notes, and link them (needs a Chromium)
	$(PRINTED) slides
	$(MAKE) book

pdf: book ## print the book to PDF and link it (needs a Chromium)
	$(PRINTED) book
	$(MAKE) book

offline: $(READY) ## put book, slides, PDFs and notebooks in one zip that needs no network, and link it (needs a Chromium)
	rm -f _build/html/*.zip # which none of its own pages may offer
	$(MAKE) book
	$(PRINTED) slides book
	$(MAKE) book
	$(PRINTED) stick
	$(MAKE) book

serve: book ## build the book and serve it on this machine
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

lab: $(ARCHIVE) ## open copies of the notebooks in JupyterLab, yours to change, in work/
	$(BIN)/python tests/tools/work.py
	$(BIN)/jupyter lab work --LabApp.labextensions_path="[]" # without MyST, which would number formulas again

edit: $(READY) ## open the sources of the chapters in JupyterLab
	$(BIN)/jupyter lab book

students: $(ARCHIVE) ## run what students get, in a new environment, and compare it with the chapters
	PYTHONPATH=book/_ext $(BIN)/python tests/tools/fresh.py

test: lint ## run every test: package, notebooks, prose, site; in CI what make live runs, too
	$(BIN)/python -m pytest --cov --numprocesses auto $(if $(CI),-m "live or not live")

check: lint ## run what takes less than a minute: style, package, prose, equations, and the notebooks that you changed
	$(BIN)/python -m pytest --numprocesses auto tests/package tests/book $(CHANGED)

live: $(READY) ## run every cell of every chapter in a browser, as a reader can; needs PYODIDE, see CONTRIBUTING.md
	$(BIN)/python -m pytest -m live --numprocesses auto tests/site

lint: $(READY) ## check the style of all code, notebooks and scripts included, and the types of the package
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/deno fmt --check
	$(BIN)/deno lint
	sed '1,/<script>/d; /<\/script>/d' src/previously/slider.html | $(BIN)/deno lint -

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

floor: .venv-floor/ready ## run package, prose and chapters with the oldest NumPy and matplotlib that the package allows
	.venv-floor/bin/python -m pytest --nbval-lax --numprocesses auto --ignore tests/book/test_speed.py tests/package tests/book book

clean: ## remove the environment and everything built
	rm -rf .venv .venv-bench .venv-floor _build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

# An environment that an interrupted pip left half-filled looks whole to pip: it is emptied.
define install-into
	@echo "Installing what $< pins into $(@D): once, a few minutes …"
	@$(PYTHON) -m venv $(if $(wildcard $@),,--clear) $(@D)
	@rm -f $@
	$(@D)/bin/python $(INSTALL) --requirement $<
	$(@D)/bin/python $(INSTALL) --no-deps --editable .
endef

$(ARCHIVE): $(SOURCES)
	$(MAKE) book

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "This needs Python 3.11 or newer: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" || \
	  { echo "Python has no venv module. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(install-into)
	@$(BIN)/python $(PIP) check
	@$(BIN)/python -c "import previously.plot, autograd, jupyter_book, jupyterlab, nbval, playwright, quickjs"
	@echo "$(CURDIR)" > $@

.venv-bench/ready: tests/tools/bench/requirements.txt $(READY)
	$(install-into)
	@.venv-bench/bin/python -c "import previously, jax, sklearn, torch"
	@echo "$(CURDIR)" > $@

# The floor of the dependencies: "numpy>=2.0" is numpy==2.0.*
.venv-floor/ready: requirements.txt pyproject.toml
	$(install-into)
	.venv-floor/bin/python $(INSTALL) $(shell sed -n '/^dependencies/s/[^"]*"\([^">]*\)>=\([^"]*\)"[^"]*/"\1==\2.*" /gp' pyproject.toml)
	@echo "$(CURDIR)" > $@

.PHONY: help book slides slides-pdf pdf offline serve lab edit students test check live lint notebooks misprints lighthouse bench pairs bench-gpu floor clean
