#!/bin/dash
# packages: dash coreutils
# Traps, kill, wait, and how a shell tells of the deaths of its children.
trap 'echo "caught USR1"' USR1
kill -USR1 $$
trap 'echo "caught TERM and go on"' TERM
kill $$
trap '' INT; kill -INT $$; echo "INT is ignored"
dash -c 'kill -INT $$; echo "and stays ignored in a child"'
trap - INT
( while :; do :; done ) & child=$!
for i in 1 2 3; do ( : ); done; echo "a spinning child holds nobody up"
kill -9 $child; wait $child 2> /dev/null; echo "it ended with $?"
( trap 'echo "the child says goodbye"; exit 5' TERM; while :; do sleep 0.01; done ) & child=$!
sleep 0.1; kill $child; wait $child 2> /dev/null; echo "and left $?"
( trap 'echo "its exit trap"' EXIT; exit 4 ); echo "left $?"
for signal in HUP INT QUIT ABRT FPE KILL SEGV PIPE ALRM TERM USR1 USR2; do
	( ulimit -c 0; trap - $signal; kill -$signal $(dash -c 'echo $PPID'); sleep 1 ) 2> /dev/null
	echo "$signal: $?"
done
trap
kill -0 $$ && echo "alive"
kill -0 99999 2>&1; echo "nobody: $?"
kill -WRONG $$ 2>&1; echo "no signal: $?"
kill -l 9; kill -l TERM 2>&1 | head -1
trap - TERM; sleep 5 & sleeper=$!; sleep 0.05
kill -STOP $sleeper; kill -CONT $sleeper; kill $sleeper; wait $sleeper 2> /dev/null; echo "a sleeper that was stopped and went on: $?"
wait 99999; echo "no child of this shell: $?"
( sleep 0.05; exit 1 ) & one=$!
( sleep 0.01; exit 2 ) & two=$!
wait $one 2> /dev/null; echo "first $?"; wait $two 2> /dev/null; echo "second $?"
trap 'echo "on exit, status $?"' EXIT
exit 0
