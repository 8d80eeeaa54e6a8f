#!/bin/busybox sh
# packages: busybox-static
# The applets that a rescue system lives by, one after the other.
set -o pipefail
export PATH=/bin
b() { /bin/busybox "$@"; }
b mkdir -p a/b/c && b ls -R a
b echo "hello" > a/file; b cp a/file a/b/copy; b mv a/b/copy a/b/c/moved; b cat a/b/c/moved
b cp -r a z; b find z -type f | b sort; b rm -r z; b ls
b ln -s a/file link; b readlink link; b cat link; b ln a/file hard; b stat -c '%h %s %F' hard
b touch -d '2020-01-02 03:04:05' dated; b ls -l dated | b cut -c1-10,24-; b stat -c %Y dated
printf 'b 2\na 1\nc 3\n' > table
b sort table; b sort -k2 -rn table; b cut -d' ' -f1 table | b tr abc xyz
b wc table; b wc -l < table; b head -n 1 table; b tail -n 1 table; b tac table 2>&1
b grep -n a table; b grep -v a table; b grep -c . table; b grep -E '^(a|b)' table; b grep -q zzz table; echo "not found: $?"
b sed -e 's/\([a-z]\) \([0-9]\)/\2-\1/' -e '$d' table; b sed -n '2p' table
b awk '{ sum += $2; name = name $1 } END { print sum, name, length(name) }' table
b awk 'BEGIN { while ((getline line < "table") > 0) n++; print n, substr("kernel", 2, 3), toupper("x"), 7 % 3; printf "%05.2f\n", 3.14159 }'
b seq 1 3 50 | b xargs -n 5 /bin/busybox echo; b seq 3 | b xargs -I{} /bin/busybox echo "<{}>"
b expr 3 + 4 \* 2; b expr length hello; b expr "a.c" : 'a\.\(.\)'
b basename /usr/lib/x.so .so; b dirname /usr/lib/x.so; b realpath a/../a/file; b pwd
b date -u -d @86400 '+%Y-%m-%d %H:%M:%S'; b date -u -d '2024-02-29 12:00' +%s
b env -i X=1 /bin/busybox env; b test -d a && echo "a folder"
b md5sum table; b sha1sum table; b sha256sum table; b sha512sum table | b cut -c1-32
b seq 1 2000 > many; b gzip -k many; b zcat many.gz | b md5sum; b rm many; b gunzip many.gz; b md5sum many
b bzip2 -k many; b bzcat many.bz2 | b cmp - many && echo "bzip2 and back"
b tar cf a.tar a; b tar tf a.tar | b sort; b mkdir out; b tar xf a.tar -C out; b diff -r a out/a && echo "tar and back"
b tar czf a.tgz a; b tar tzf a.tgz | b wc -l
b find a -name '*ov*' -exec /bin/busybox echo found {} \;; b find . -maxdepth 1 -type l; b find a -type d | b wc -l
b chmod 640 table; b stat -c %a table; b chmod u+x,g-r table; b stat -c %A table
b du -s a > /dev/null && echo "du"; b sync && echo "sync"
b od -c table | b head -2; b hexdump -C table | b head -1; b xxd table | b head -1; b strings table | b head -1
b dd if=many of=part bs=100 count=3 skip=2 2> /dev/null; b wc -c part; b cat part part | b wc
b uniq -c many | b tail -1; b paste table table | b head -1; b fold -w 3 table; b nl table | b tail -1
b tr -d 0-9 < many | b uniq -c; b rev table; b expand -t4 table | b head -1; b yes | b head -2; b factor 5040
b printf '%s-%03d-%x\n' a 7 255; b dc -e '2 3 ^ p' ; echo '2^10; 7/2' | b bc
b id -u; b whoami; b hostname > /dev/null && echo "hostname"; b uname -s; b nproc > /dev/null && echo nproc
b sleep 0.01 && echo slept; b usleep 100; b timeout 0.05 /bin/busybox sleep 5; echo "timed out: $?"
b mktemp -d xXXXXXX > name; [ -d "$(b cat name)" ] && echo "mktemp"
b diff table many > /dev/null; echo "differ: $?"; printf 'a\nb\n' > o; printf 'a\nc\n' > n; b diff -U 0 o n | b tail -2; b diff o n > p; b patch o p 2>&1; b cmp o n && echo patched
b rmdir a; echo "not empty: $?"; b rm nothing; echo $?; b ls nothing; b cat nothing; b cp nothing x; echo "$?"
b sh -c 'echo in a shell of its own; exit 3'; echo $?; b ash -c 'echo $0 $1' zero one
b cat /proc/self/comm; b pidof busybox > /dev/null && echo pidof; b ps | b grep -c 'busybox p[s]'
b kill -l 15; b sleep 10 & b kill $!; wait $! 2> /dev/null; echo "killed: $?"
b mkfifo pipe && b stat -c %F pipe
b crc32 table; b base64 table; b base64 table | b base64 -d | b cmp - table && echo base64; b uuencode table x | b head -1
b cal 2 2024; b ipcalc -n 10.1.2.3/8 2>&1; b shuf -e -n 1 only; b truncate -s 5 t; b wc -c t
