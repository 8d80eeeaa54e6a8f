# Mortise: a kernel construction kit. `make help` explains every target.
#
# One makefile, no recursion into folders: kit writes build/<configuration>/build.mk from the manifests, this includes it.
# Objects are shared between configurations (kit/emit.py says how), so PRESETS="a b c" builds all three in one go.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

ifeq ($(origin CC),default)
CC := gcc
endif
MUSL_CC ?= musl-gcc
LD := ld
PY := /usr/bin/python3
TOOL := $(PY) -S -m
# kit runs make itself where it needs a build: it must not find itself inside this one.
KIT := env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS $(PY) -m kit
THREE := monolithic mach3_ux l4linux
comma := ,
export CC MUSL_CC PARTS V PYTHONDONTWRITEBYTECODE=1

# --- How things are said and done --------------------------------------------------------------------------------------

Q := $(if $(V),,@)
silent := $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say = $(if $(V)$(silent),@:,@printf '  %-8s%s\n' '$(1)' '$(2)')
home := '-fdebug-prefix-map=$(CURDIR)=.'
# Results appear whole or not at all: several makes may share build/obj, and a boot may read what is being built anew.
compile = mkdir -p $(@D) && $($(1)) $(flags.$(2)) $(home) -MMD -MP -MF $@.d -MT $@ -c -o $@.$$$$ $< && mv -f $@.$$$$ $@
assemble = mkdir -p $(@D) && $($(1)) $(flags.$(2)) -MMD -MP -MF $@.d -MT $@ -S -g0 -o $@.$$$$ $< && mv -f $@.$$$$ $@
link = $(LD) $(LDFLAGS) -T $(1) -o $@.$$$$ $(2) && mv -f $@.$$$$ $@
LDFLAGS := -m elf_x86_64 -nostdlib -static -z noexecstack -z max-page-size=4096 --build-id=none
GENERATOR := kit/idl.py $(wildcard kit/templates/idl*)

# --- Which configurations this call is about -----------------------------------------------------------------------------

SEVERAL := compare figures ledger unmodified
BUILDING := all products run bench gdb differential size graph compile_commands.json host-programs headers $(SEVERAL)
GOALS := $(or $(MAKECMDGOALS),all)
KIT_FILES := Kconfig kit/templates/build.mk.j2 kit/templates/Kconfig.j2 $(addprefix kit/,$(addsuffix .py,toml manifest references \
	constraints kconfig kconfig_text advice assembly emit headers project files idl))
PART_DIRS := components $(subst :, ,$(PARTS))
MANIFESTS := $(sort $(wildcard kernels/*/kernel.toml) $(foreach d,$(PART_DIRS),$(wildcard $d/*/slot.toml $d/*/*/part.toml)))
# What a build.mk was written from but need not be newer than: files that only have to be there.
PRESENT = $(MANIFESTS) $(wildcard components/*/contract_test.c $(if $(filter headers,$(1)),components/*/*.h components/*/*/*.h))

# What is asked for on the command line comes before what the environment says.
ifneq ($(filter $(BUILDING),$(GOALS)),)
asked := $(if $(filter command,$(origin PRESETS)),$(PRESETS),$(or $(PRESET),$(PRESETS)))
asked := $(subst $(comma), ,$(if $(filter command,$(origin PRESET)),$(PRESET),$(asked)))
ifneq ($(filter host-programs headers,$(GOALS)),)
NAMES := $(patsubst host-programs,host,$(filter host-programs headers,$(GOALS)))
else ifneq ($(strip $(asked)),)
NAMES := $(asked)
else ifneq ($(filter $(SEVERAL),$(GOALS)),)
NAMES := $(THREE)
else ifneq ($(wildcard .config),)
include build/current.mk
# A name that .config has outlived is not built: make reads what it names before it makes the file anew, and starts over then.
NAMES := $(if $(shell [ .config -nt build/current.mk ] && echo stale),,$(CURRENT))
else
NAMES := monolithic
endif
run gdb bench differential $(SEVERAL): export PRESET := $(firstword $(NAMES))
compare figures ledger unmodified: export PRESETS := $(NAMES)
compiler := $(shell $(CC) --version 2>&1 | head -n 1)
include $(NAMES:%=build/%/build.mk)
endif

build/current.mk: .config $(MANIFESTS) $(KIT_FILES) $(wildcard configs/*)
	$(Q)$(KIT) current

# A build.mk is out of date also where a file has come or gone or another compiler is in charge: it remembers both.
define emitted
build/$(1)/build.mk: $(wildcard $(if $(filter headers,$(1)),configs/*) configs/$(1)_defconfig build/$(1)/defconfig) $(MANIFESTS) $(KIT_FILES) \
		$(if $(and $(call same,$(present.$(1)),$(sort $(PRESENT))),$(call same,$(compiler.$(1)),$(compiler))),,always)
	$$(call say,CONFIG,$(1))
	$$(Q)$$(KIT) emit $(1)
endef
same = $(if $(subst x$(strip $(1)),,x$(strip $(2)))$(subst x$(strip $(2)),,x$(strip $(1))),,same)
$(foreach n,$(NAMES),$(eval $(call emitted,$n)))
.PHONY: always

# --- Building, running, measuring ----------------------------------------------------------------------------------------

.PHONY: all products run bench gdb differential size graph compare figures ledger unmodified contract-tests host-programs headers export reference image \
	serve demo
all: $(foreach n,$(NAMES),$(products.$n))

run gdb bench differential: all
	$(Q)$(KIT) $@
compare figures unmodified: all
	$(Q)$(KIT) $@
ledger: all
	$(Q)$(KIT) ledger update
headers: all
host-programs: $(filter $(if $(SLOT),$(patsubst %,build/host/%/%,$(SLOT)) $(patsubst %,build/host/%,$(SLOT)),%),$(products.host))
contract-tests: # a part that does not compile leaves the others to be tested
	+$(Q)$(MAKE) -k host-programs; made=$$?; $(KIT) $@ $(SLOT) && exit $$made
size graph: all
	$(Q)$(foreach n,$(NAMES),$(KIT) $@ $n &&) :
compile_commands.json: all
	$(Q)cp build/$(firstword $(NAMES))/compile_commands.json $@
products: # for programs: what `all` would make
	@echo $(foreach n,$(NAMES),$(products.$n))
FORMAT ?= json
export:
	$(Q)$(KIT) export $(FORMAT)
reference image:
	$(Q)$(KIT) $@
serve:
	$(Q)$(KIT) serve
demo: installed-demo
	+$(Q)$(MAKE) all PRESETS="$(or $(PRESETS),$(THREE))"
	$(Q)$(KIT) compare --presets $(or $(PRESETS),$(THREE))
	$(Q)if [ "$$CI" = true ] || [ "$(SERVE)" = 0 ] || ! [ -t 1 ]; then \
		echo "The dashboard shows this with charts: make serve"; else $(KIT) serve; fi

# --- Choosing a configuration --------------------------------------------------------------------------------------------

.PHONY: menuconfig savedefconfig olddefconfig diffconfig list-presets randconfig
$(filter-out savedefconfig olddefconfig,$(filter %defconfig,$(MAKECMDGOALS))): FORCE
	$(Q)$(KIT) defconfig $(@:_defconfig=)
menuconfig:
	$(Q)$(KIT) kconfig
	$(Q)$(PY) -m menuconfig Kconfig
	$(Q)if [ -f .config ]; then $(KIT) checkconfig; fi
savedefconfig olddefconfig list-presets:
	$(Q)$(KIT) $@
diffconfig:
	$(Q)$(KIT) $@ $(A) $(B)
randconfig:
	$(Q)$(KIT) $@ $(if $(SEED),--seed $(SEED))
FORCE:

# --- The course (labs/README.md) -----------------------------------------------------------------------------------------

.PHONY: labs lab grade mutants bisect gradescope classroom student-kit grade-all
export LAB DIR TEST GDB SEED RANDOM_CONFIGS OUTPUT JOBS GRADES
labs lab grade mutants bisect gradescope classroom student-kit grade-all:
	$(Q)$(KIT) $@

# --- Checking, installing, cleaning, helping -----------------------------------------------------------------------------

.PHONY: check install installed-demo installed-check docs clean help FORCE
docs:
	$(Q)$(KIT) docs
check: installed-check
	$(Q)$(KIT) check
install: installed-check
installed-demo installed-check:
	$(Q)sh kit/install.sh $(@:installed-%=%)
clean:
	$(Q)rm -rf build compile_commands.json
help:
	@cat kit/help.txt
