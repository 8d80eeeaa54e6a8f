#!/bin/dash
# packages: dash coreutils
# Descriptors: redirected, duplicated, closed, inherited.
echo one > f; echo two >> f; cat f
cat < f > g; cat g
{ echo out; echo err >&2; } > both 2>&1; cat both
{ echo out; echo err >&2; } 2> errors | cat; cat errors
echo "to stderr" 1>&2
exec 4< f; read -r a <&4; read -r b <&4; echo "$a and $b"; read -r c <&4; echo "end of file: $?"
exec 4<&-; read -r a <&4; echo "closed: $?"
exec 5<> f; read -r a <&5; echo "overwritten" >&5; exec 5>&-; cat f
set -C; echo no > f; echo "noclobber: $?"; echo yes >| f; cat f; set +C
cat nothing; echo "status $?"
echo x > /no/such/folder; echo "status $?"
echo x > /; echo "status $?"
ls /proc/self/fd | wc -l
cat <<A; cat <<B
first document
A
second document
B
cat - f < g
echo "into a pipe" | { read -r x; echo "read: $x"; cat; echo "then end"; }
yes | head -3
yes 2> /dev/null | head -c 100000 | wc -c
( echo a; echo b ) | while read -r x; do echo "<$x>"; done
cat f g | sort | uniq -c | sort -rn
: > empty; wc -c < empty
dd if=/dev/zero bs=1000 count=300 2> /dev/null | wc -c
echo full > /dev/full; echo "status $?"
head -c 5 /dev/zero | od -An -tx1
cat < /dev/null | wc -c
echo discarded > /dev/null; echo kept > /dev/stdout; echo also > /dev/stderr; cat /dev/stdin < f
seq 1 20000 | tail -1; seq 1 100000 | sha256sum
seq 1 5 | tee copy1 copy2 > /dev/null; cmp copy1 copy2 && cat copy1
