#!/bin/busybox sh
# packages: busybox-static
# Archives made, listed, and taken apart again: tar, cpio, gzip, bzip2, xz, lzma.
mkdir -p tree/deep/er; echo one > tree/1; echo two > tree/deep/2; seq 1 5000 > tree/deep/er/3; ln -s ../1 tree/deep/link; ln tree/1 tree/hard
chmod 600 tree/1; chmod 755 tree/deep/2; touch -d '2021-03-04 05:06:07' tree/1 tree/deep/2 tree/deep/er/3 tree/deep/er tree/deep tree
tar cf t.tar tree/1 tree/hard tree/deep/2 tree/deep/er tree; tar tvf t.tar | grep -v link$ | grep -v 'tree/deep/link' | sort -k6
mkdir x; tar xpf t.tar -C x; ( cd x; find . -type f | sort | xargs ls -l --full-time )
stat -c '%h %i' x/tree/1 x/tree/hard | awk '{ print $1; i[NR] = $2 } END { print i[1] == i[2] ? "one file, two names" : "two files" }'
readlink x/tree/deep/link; cat x/tree/deep/link
for z in gzip bzip2; do
	cp tree/deep/er/3 data; $z -9 data; ls data*; $z -d data.*; cmp data tree/deep/er/3 && echo "$z and back"
done
find tree | sort | cpio -o -H newc 2> /dev/null > t.cpio; mkdir y; ( cd y; cpio -id 2> /dev/null < ../t.cpio ); diff -r tree y/tree && echo "cpio and back"
cpio -t < t.cpio 2> /dev/null
tar czf - tree | ( mkdir z; cd z; tar xzf - ); diff -r tree z/tree && echo "through a pipe"
tar cf - -C tree . | tar tf - | sort
echo broken > b.tar; tar tf b.tar; echo "status $?"; gzip -d < b.tar; echo "status $?"
tar cf e.tar nothing 2> /dev/null; echo "missing: $?"
ar -v 2>&1 | head -1
unlzma < /dev/null; echo $?
dd if=tree/deep/er/3 bs=1k count=4 2>&1 | tail -c 100 | wc -c; dd if=tree/1 of=o conv=notrunc,sync bs=16 2> /dev/null; wc -c o
