#!/bin/dash
# packages: dash coreutils
# GNU's programs that run others, or wait, or limit.
env -i A=1 B=2 env | sort; env -u HOME sh -c 'echo ${HOME-unset}'; env -C / pwd; env nothing; echo $?; env /etc; echo $?; env -S 'echo split up'
env --block-signal=TERM sh -c 'kill $$; echo survived'; env --default-signal=INT sh -c 'kill -INT $$'; echo $?
timeout 0.1 sleep 5; echo $?; timeout -s KILL 0.1 sleep 5; echo $?; timeout 5 sh -c 'exit 3'; echo $?; timeout --preserve-status 0.1 sleep 5; echo $?
timeout -k 0.1 0.1 sh -c 'trap "" TERM; while :; do sleep 0.05; done'; echo $?; timeout 1 nothing; echo $?
nohup sh -c 'echo not hung up; kill -HUP $$; echo still there' 2> /dev/null; echo $(($(nice -n 5 nice) - $(nice))) $(($(nice -n 5 sh -c 'nice -n 3 nice') - $(nice)))
echo one > in; tee copy < in; tee /dev/full < in; echo $?; stdbuf -oL echo line; stdbuf -o0 printf x; echo
yes | head -c 1000000 | wc -c; seq 1000000 | tail -n 1; sleep 0.01 0.01; echo $?; sleep x; echo $?
chroot / /bin/echo "in a root of its own"; mkdir -p root; chroot root /bin/sh; echo $?; printenv HOME; printenv NOTHING; echo $?; false; echo $?; true; echo $?
/bin/kill -l > /dev/null 2>&1; sh -c 'kill -9 $$'; echo $?
( ulimit -f 1; dd if=/dev/zero of=big bs=1k count=100 2> /dev/null ); echo $?; ls -l big | cut -d' ' -f5
( ulimit -n 8; sh -c 'exec 9< /dev/null' ); echo $?; ulimit -c; ulimit -n
