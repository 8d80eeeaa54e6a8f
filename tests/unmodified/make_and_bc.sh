#!/bin/dash
# packages: dash make bc coreutils tcc
# A small build with make, twice, in parallel; and bc.
cat > Makefile <<'M'
NAMES := one two three
all: $(NAMES:%=%.o) prog
	@echo linked
%.c:
	@echo "int $*(void) { return $(words $(NAMES)); }" > $@
%.o: %.c
	@tcc -c -o $@ $<
prog: main.c $(NAMES:%=%.o)
	@tcc -o $@ $^
	@echo "made $@ of $(words $^) files"
main.c:
	@echo 'int one(void), two(void), three(void); int main(void) { return one() + two() + three(); }' > $@
.PRECIOUS: %.c
fail:
	false
	@echo not reached
ignored:
	-false
	@echo went on
info:
	@echo $(shell echo from a shell) $(sort c a b) $(patsubst %.c,%.o,x.c) $(origin NAMES) $(if $(X),set,unset) $(foreach n,1 2,<$(n)>)
.PHONY: all fail ignored info
M
make; ./prog; echo "status $?"; make; touch -d '+1 hour' two.c; make; make -j4 -B | sort; make fail; echo $?; make ignored; make info X=1; make nothing; echo $?; make -n -B prog | wc -l; make -k fail all; echo $?; make -q all; echo $?; echo 'broken' > bad.mk; make -f bad.mk; echo $?
echo '2^100; scale=20; 4*a(1); sqrt(2); e(1)' | bc -l; bc << B
define f(n) { if (n < 2) return (1); return (n * f(n - 1)); }
f(30)
ibase=16; FF; obase=2; A
B
echo '1/0' | bc; echo 'for (i = 0; i < 3; i++) i' | bc; dc -e '16o 255p 10 3 / p'; echo '2 k 7 3 / p' | dc
