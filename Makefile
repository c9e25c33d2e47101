# Two commands do everything: `make demo` and `make test`. Both build what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
comma := ,
space := $(subst ,, )

# uv reads UV_FIND_LINKS where pip reads PIP_FIND_LINKS: pass one on as the other.
ifneq ($(strip $(PIP_FIND_LINKS)),)
export UV_FIND_LINKS ?= $(subst $(space),$(comma),$(strip $(PIP_FIND_LINKS)))
endif
# Without a local folder of wheels, ask for the CPU build of torch (plain torch on Linux brings gigabytes of CUDA).
BACKEND := $(if $(UV_FIND_LINKS),,--torch-backend=cpu)
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt

.PHONY: demo test lint types check reliability clean
demo: $(VENV)/ready
	$(BIN)/autocode demo

test: $(VENV)/ready-dev
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet src tests benchmarks

types: $(VENV)/ready-dev
	$(BIN)/mypy

# The tests print the 28 rows of faults and bad inputs with their figures; AUTOCODE_NIGHTLY=1 runs their large sizes.
check: test lint types

reliability: $(VENV)/ready-dev
	$(BIN)/python benchmarks/reliability.py --write

$(BIN)/uv: constraints.txt
	@echo "Setting up $(VENV) (a minute or two, once) ..."
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "autocode needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@touch $@

$(VENV)/ready: $(BIN)/uv pyproject.toml constraints.txt
	$(INSTALL) $(BACKEND) --editable . || $(INSTALL) --editable .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready
	$(INSTALL) --group dev
	@touch $@

clean:
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
