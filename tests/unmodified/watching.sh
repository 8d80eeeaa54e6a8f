#!/bin/dash
# packages: dash coreutils grep python3
# tail -f waits by inotify; Python asks for it by its C library.
umask 022; echo one > log; tail -f log > seen & tail=$!
until [ -s seen ]; do sleep 0.01; done
echo two >> log; until grep -q two seen; do sleep 0.01; done; printf 'thr' >> log; printf 'ee\n' >> log; until grep -q three seen; do sleep 0.01; done
kill $tail; wait $tail 2> err; echo $?; cat seen
tail -n 1 -F other > seen 2> said & tail=$!
until [ -s said ]; do sleep 0.01; done; echo here > other; until [ -s seen ]; do sleep 0.01; done
mv other other.1; echo again > other; until grep -q again seen; do sleep 0.01; done; kill $tail; wait $tail 2> err; cat seen; sort -u said
sleep 0.2 & tail -f --pid=$! log; echo "ended with it"
cat > watch.py <<'P'
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.inotify_init1(os.O_NONBLOCK)
print([libc.inotify_add_watch(fd, path, mask) for path, mask in ((b".", 0xfff), (b"log", 0xfff), (b"none", 1), (b".", 0))])
open("log", "a").write("four\n"); os.rename("log", "log2"); os.unlink("log2"); os.mkdir("d")
data = os.read(fd, 4096)
while data:
    wd, mask, cookie, n = (int.from_bytes(data[i:i + 4], "little", signed=i == 0) for i in (0, 4, 8, 12))
    print(wd, hex(mask), cookie != 0, data[16:16 + n].rstrip(b"\0").decode())
    data = data[16 + n:]
P
python3 watch.py
