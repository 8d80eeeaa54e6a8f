#!/bin/dash
# packages: dash coreutils grep sed
# Files of /proc whose text is the same everywhere, and the shape of the others.
cat /proc/self/comm /proc/sys/kernel/ostype /proc/sys/fs/pipe-max-size; echo > /dev/null; sh -c 'cat /proc/$$/comm; tr "\0" " " < /proc/$$/cmdline; echo'
sh -c 'echo a-name-that-is-too-long > /proc/$$/comm; cat /proc/$$/comm'; (exec < /dev/null; cat /proc/self/fdinfo/0 | sed 's/[0-9][0-9]*$/N/' | head -n 2)
ulimit -n 100; ulimit -c 0; grep -E 'open files|core file|nice' /proc/self/limits; wc -w < /proc/self/stat; wc -w < /proc/self/statm
grep -oE '^(Name|Umask|State|Tgid|Pid|PPid|Uid|Gid|VmPeak|VmSize|VmHWM|VmRSS|RssAnon|VmData|VmStk|Threads|SigPnd|SigBlk|SigIgn|SigCgt|CapEff|voluntary_ctxt_switches):' /proc/self/status
env -i A=1 B=two cat /proc/self/environ | tr '\0' '\n'; head -n 1 /proc/self/smaps | cut -c 26-30; grep -c Rss: /proc/self/smaps_rollup
sh -c 'echo 300 > /proc/$$/oom_score_adj; cat /proc/$$/oom_score_adj /proc/$$/oom_adj; echo 2000 > /proc/$$/oom_score_adj' 2>&1 | sed 's/^.*: //'
grep -oE '^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree|Dirty|AnonPages|Slab):' /proc/meminfo; head -n 1 /proc/swaps; wc -w < /proc/uptime; wc -w < /proc/loadavg
grep -oE '^(cpu|cpu0|intr|ctxt|btime|processes|procs_running|procs_blocked) ' /proc/stat; ls /proc/self/task | wc -l; wc -c < /proc/sys/kernel/random/uuid
cat /proc/self/nothing; cat /proc/999999/stat; echo x > /proc/self/stat; ls -d /proc/self/fd/0 /proc/self/task/*/stat | sed 's/task.[0-9]*/task\/N/'; stat -c '%A %F' /proc/self/maps /proc/self/environ /proc/self/fd /proc/sys/kernel
