# SPDX-License-Identifier: GPL-2.0-only
#
# make             build/xrtt
# make deps        install what the build and the tests need (root)
# make check       deps, build, lint and every test (root)
# make demo        two hosts with a long line between them, measured (root)
# make check-vm    the same program on other kernels, emulated; UPDATE=1 records
# make bench       what the measuring itself costs (root)
# make bench-long  does the error bar tell the truth? hours (root)
# make lint        the house's rules; make format mends the layout
# make install     to $(DESTDIR)$(PREFIX)
#
# V=1 shows the commands; SAN=1 builds build/san/xrtt under ASan and UBSan.

VERSION := 0.1.0
PREFIX  ?= /usr/local
CC      ?= gcc
CLANG   ?= clang
CFLAGS  ?= -O2 -g
ifndef BPFTOOL
  BPFTOOL := $(or $(shell sh tests/deps.sh bpftool),bpftool)
endif

# Libraries of the program, and what the tests add, by pkg-config name.
LIBS      := libbpf libelf zlib jansson libmnl sqlite3
TEST_LIBS := cmocka

B   := build
BIN := $(B)/$(if $(SAN),san/)xrtt

ifeq ($(V),1)
  Q   :=
  say :=
else
  Q   := @
  say = @printf '  %-4s %s\n' $(1) '$(2)'
endif

.SECONDARY:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# ---- sources ---------------------------------------------------------------

USER_SRC  := $(sort $(shell find user -name '*.c'))
BPF_SRC   := $(wildcard bpf/*.bpf.c)
T_BPF_SRC := $(wildcard tests/*/*.bpf.c)
T_SRC     := $(filter-out $(T_BPF_SRC),$(wildcard tests/*/*.c))

# Tables of user/data, as rows of C.
TABLE  := $(patsubst user/data/%.csv,$(B)/table/%.table.h,\
	$(wildcard user/data/*.csv))

# Texts that the program carries, as C strings.
TEXTS  := $(B)/table/store.sql.h

SKEL   := $(patsubst %.bpf.c,$(B)/skel/%.skel.h,$(notdir $(BPF_SRC)))
T_SKEL := $(patsubst %.bpf.c,$(B)/skel/%.skel.h,$(notdir $(T_BPF_SRC)))

OBJ     := $(USER_SRC:%.c=$(B)/obj/%.o)
SAN_OBJ := $(USER_SRC:%.c=$(B)/san/obj/%.o)
# What a test links against; only the members that it needs are taken.
SAN_LIB := $(B)/san/libxrtt.a
LIB     := $(B)/libxrtt.a

UNIT     := $(patsubst %.c,$(B)/%,$(filter tests/unit/%_test.c,$(T_SRC)))
UNIT_AUX := $(filter-out %_test.c,$(filter tests/unit/%,$(T_SRC)))
BPF      := $(patsubst %.c,$(B)/%,$(filter tests/bpf/%_test.c,$(T_SRC)))
BPF_AUX  := $(filter-out %_test.c,$(filter tests/bpf/%,$(T_SRC)))

# tests/net, tests/bench and tests/vm: NAME.c with its NAME_*.c is one program.
# Those in PRELOADS are shared objects for LD_PRELOAD.
PRELOADS  := tests/net/slow_reader tests/net/old_kernel tests/net/fake_nic \
	tests/bench/app_stamps
TOOL_NAME := $(basename $(filter tests/net/% tests/bench/% tests/vm/%,$(T_SRC)))
TOOL_AUX  := $(filter $(patsubst %,%_%,$(TOOL_NAME)),$(TOOL_NAME))
TOOL      := $(filter-out $(PRELOADS) $(TOOL_AUX),$(TOOL_NAME))
TOOLS     := $(TOOL:%=$(B)/%)
PRELOAD   := $(patsubst %,$(B)/%.so,$(filter $(PRELOADS),$(TOOL_NAME)))

NET := $(wildcard tests/net/*.bats tests/net/*_test.sh)
# Those that measure no time run two at a time. Neighbours in this list that
# have a line that spins, or settings of this host, are far apart.
NET_SHARED := $(patsubst %,tests/net/%.bats,loss door doctor_host tcp robust \
	interop prepare path ending fallback smoke hwstamp doctor preflight \
	errors bypass_wire distance tune store long_run)
# A short part of the network tests runs on the sanitized binary as well.
NET_SAN := $(wildcard tests/net/smoke.bats)

# ---- flags -----------------------------------------------------------------

PKG_CONFIG := pkg-config
LDLIBS   := $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null)
T_LDLIBS := $(LDLIBS) $(shell $(PKG_CONFIG) --libs $(TEST_LIBS) 2>/dev/null)

NO_LIBS := deps packages check check-vm demo bench bench-long lint format clean
ifeq ($(LDLIBS),)
ifneq ($(filter-out $(NO_LIBS),$(or $(MAKECMDGOALS),all)),)
  $(error pkg-config finds not all of: $(LIBS). Run `make deps` as root)
endif
endif

# The commit is added where git knows it and it is not the release itself.
export GIT_OPTIONAL_LOCKS := 0
COMMIT := $(if $(wildcard .git),$(shell ( \
	git describe --dirty --tags --exact-match --match v$(VERSION) || \
	git describe --dirty --always --exclude='*' ) 2>/dev/null))
ifneq ($(filter-out v$(VERSION),$(COMMIT)),)
  FULL_VERSION := $(VERSION)+$(patsubst v$(VERSION)-%,%,$(COMMIT))
else
  FULL_VERSION := $(VERSION)
endif

WARN     := -Wall -Wextra -Werror
INCLUDE  := -Iinclude -Iuser -I$(B)/skel -I$(B)/table
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) -pthread -D_GNU_SOURCE \
	-DXRTT_VERSION='"$(FULL_VERSION)"' $(INCLUDE) -MMD -MP \
	$(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

# Debian keeps <asm/types.h> in the host's multiarch directory, where clang
# does not look once the target is bpf. Some UAPI headers (<linux/if.h>) pull
# in libc's, which without the host's own macro take it for a 32-bit machine.
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
MULTI_DIR := $(wildcard /usr/include/$(MULTIARCH))
MACHINE   := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
# v3 has 32-bit registers; two of them that clang saves share eight octets of
# stack, and what is there is saved once more by half, which Linux 6.1 takes for
# an attempt to corrupt a pointer where CAP_PERFMON is missing. v2 has none.
BPF_CPU := v3
$(patsubst %,$(B)/bpf/%.bpf.o,prober hwstamp reflector path): BPF_CPU := v2
BPF_CFLAGS = -O2 -g -target bpf -mcpu=$(BPF_CPU) $(WARN) -Iinclude \
	-D__$(MACHINE)__ $(addprefix -idirafter ,$(MULTI_DIR)) \
	-MMD -MP

# ---- the program -----------------------------------------------------------

.PHONY: all
all: $(BIN)

$(B)/xrtt: $(OBJ)
$(B)/san/xrtt: $(SAN_OBJ)
$(B)/san/xrtt: SAN_FLAGS := $(SANITIZE)
$(B)/xrtt $(B)/san/xrtt:
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) \
		-lm -pthread

$(LIB): $(filter-out %/main.o,$(OBJ))
$(SAN_LIB): $(filter-out %/main.o,$(SAN_OBJ))
$(LIB) $(SAN_LIB):
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# First builds need the skeletons and tables before anything includes them; from
# then on the dependency files know who does.
$(OBJ) $(SAN_OBJ): | $(SKEL) $(TABLE) $(TEXTS)

$(B)/table/%.table.h: user/data/%.csv user/data/%.awk
	$(call say,TAB,$<)
	$(Q)mkdir -p $(@D)
	$(Q)awk -F, -f user/data/$*.awk $< >$@

$(B)/table/%.sql.h: user/out/%.sql
	$(call say,TEXT,$<)
	$(Q)mkdir -p $(@D)
	$(Q)sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $< >$@

$(B)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(PIC) -c -o $@ $<

$(B)/san/obj/%.o: %.c Makefile
	$(call say,CC,$< [san])
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(SANITIZE) -c -o $@ $<

VERSION_USERS := $(shell grep -rl --include='*.c' XRTT_VERSION user)
$(patsubst %.c,$(B)/obj/%.o,$(VERSION_USERS)) \
$(patsubst %.c,$(B)/san/obj/%.o,$(VERSION_USERS)): $(B)/version

.PHONY: FORCE
$(B)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(FULL_VERSION)' | cmp -s - $@ || echo '$(FULL_VERSION)' >$@

# ---- BPF -------------------------------------------------------------------

vpath %.bpf.c bpf $(sort $(dir $(T_BPF_SRC)))

$(B)/bpf/%.bpf.o: %.bpf.c Makefile
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(B)/skel/%.skel.h: $(B)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf >$@

# ---- tests -----------------------------------------------------------------

T_OBJ     := $(T_SRC:%.c=$(B)/obj/%.o)
T_SAN_OBJ := $(T_SRC:%.c=$(B)/san/obj/%.o)
$(T_OBJ) $(T_SAN_OBJ): | $(SKEL) $(T_SKEL)

$(UNIT): $(UNIT_AUX:%.c=$(B)/san/obj/%.o)
$(BPF): $(BPF_AUX:%.c=$(B)/san/obj/%.o)
$(UNIT) $(BPF): $(B)/%: $(B)/san/obj/%.o $(SAN_LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ \
		$(filter %.o,$^) $(SAN_LIB) $(T_LDLIBS) -lm -pthread

tool_objects = $(patsubst %,$(B)/obj/%.o,$(1) $(filter $(1)_%,$(TOOL_AUX)))
$(foreach t,$(TOOL),$(eval $(B)/$(t): $(call tool_objects,$(t))))
# The instruments of tests/net link nothing of ours.
$(filter $(B)/tests/bench/% $(B)/tests/vm/%,$(TOOLS)): $(LIB)
$(TOOLS):
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lm -pthread

$(PRELOADS:%=$(B)/obj/%.o): PIC := -fPIC
$(PRELOAD): $(B)/%.so: $(B)/obj/%.o
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ -ldl -pthread

RUN := bash tests/run.sh
RUN_LINT := -j 2 -t 120 tests/lint.sh $(wildcard tests/*_test.sh)
RUN_UNIT := -j 2 -t 120 $(UNIT) $(wildcard tests/bench/*_test.sh)
RUN_BPF  := -j 1 -r -t 120 $(BPF)
RUN_NET  := -j 2 -r -t 900 $(NET_SHARED) \
	$(foreach t,$(NET_SAN),-e XRTT=$(B)/san/xrtt $(t)) \
	-j 1 $(filter-out $(NET_SHARED),$(NET))
# Other kernels; SERIES and TOPICS choose some, see there.
RUN_VM   := -j 1 -r -t 1200 tests/vm/matrix.sh

.PHONY: tests deps packages check check-all check-unit check-bpf check-net
.PHONY: check-vm demo bench bench-long
tests: $(B)/xrtt $(B)/san/xrtt $(UNIT) $(BPF) $(TOOLS) $(PRELOAD)

deps: packages
	@sh tests/vm/kernels.sh fetch $(B)/vm/kernels

packages:
	@sh tests/deps.sh install

# A fresh make, because only now pkg-config can answer.
check: deps
	+$(Q)$(MAKE) --no-print-directory check-all

check-all: tests
	@$(RUN) $(RUN_LINT) $(RUN_UNIT) $(RUN_BPF) $(RUN_NET) $(RUN_VM)

check-unit: $(UNIT)
	@$(RUN) $(RUN_UNIT)

check-bpf: $(BPF)
	@$(RUN) $(RUN_BPF)

check-net: $(B)/xrtt $(B)/san/xrtt $(TOOLS) $(PRELOAD)
	@$(RUN) $(RUN_NET)

demo bench bench-long: packages
	+$(Q)$(MAKE) --no-print-directory run-$@

check-vm: deps
	+$(Q)$(MAKE) --no-print-directory run-$@

.PHONY: run-demo run-bench run-bench-long run-check-vm
run-demo: $(B)/xrtt $(TOOLS) $(PRELOAD)
	@bash tests/net/demo.sh

run-bench: $(B)/xrtt $(TOOLS) $(PRELOAD)
	@bash tests/bench/run.sh

# SEED, RUNS, SAMPLING_RUNS, RESULTS: see long.sh. Continues what it has begun.
run-bench-long: $(B)/xrtt $(TOOLS)
	@bash tests/bench/long.sh

check-all run-check-vm: export B := $(B)
check-all run-check-vm: export CLANG := $(CLANG)
run-check-vm: $(B)/xrtt $(TOOLS)
	@$(RUN) $(RUN_VM)

# ---- house -----------------------------------------------------------------

.PHONY: lint format install clean
lint:
	@bash tests/lint.sh

CLANG_FORMAT ?= $(firstword $(shell command -v clang-format-14 clang-format))
format:
	$(Q)find bpf user include tests -name '*.[ch]' -exec \
		$(CLANG_FORMAT) -i --style=file {} +

install: $(BIN)
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/xrtt
	install -D -m 644 user/xrtt.8 \
		$(DESTDIR)$(PREFIX)/share/man/man8/xrtt.8

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
