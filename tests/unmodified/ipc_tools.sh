#!/bin/dash
# packages: dash util-linux gawk coreutils sed grep
# System V IPC as util-linux shows it. Keys are random, so they are left out.
umask 022
table() { ipcs "$@" | sed -E 's/^0x[0-9a-f]{8} /KEY        /'; }
ipcmk -M 5000 -p 0640; ipcmk -S 7; ipcmk -Q -p 0600; ipcmk -M 1M
table; table -u; ipcs -l | grep -v "^$"; table -s -c; table -m -c; table -q -c
ipcs -m -i 0 | grep -v "time=\|pid"; ipcs -s -i 0 | grep -v "ime\|key"; ipcs -q -i 0 | grep -v "time=\|msqid"
gawk '{ print $2, $3, $4, $7, $8, $9, $10, $11, $15, $16 }' /proc/sysvipc/shm; gawk '{ print $2, $3, $4, $5, $8 }' /proc/sysvipc/sem; gawk '{ print $2, $3, $4, $5 }' /proc/sysvipc/msg
key=$(ipcs -m | gawk '$2 == 0 { print $1 }'); ipcrm -M "$key"; echo $?; ipcrm -m 0; echo $?; ipcrm -m 1; echo $?; ipcrm -s 99; echo $?
ipcs -s | sed -n 4p | cut -c12-14; ipcrm -a; table; ipcmk -Q | tr -d '\n'; ipcrm -q 1 && echo " gone"; ipcrm --all=msg; ipcs -q | wc -l
