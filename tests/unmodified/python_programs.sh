#!/bin/dash
# packages: dash python3-minimal libpython3-stdlib coreutils
# Python as a program: options, modules, a traceback, standard input, system calls through its library.
python3 -c 'print("one line", 1 + 1)'; echo 'print(input())' > i.py; echo typed | python3 i.py; echo 'x = [i for i in range(3)]; print(x); raise SystemExit(4)' | python3; echo "status $?"
printf 'def f(n):\n    return g(n)\ndef g(n):\n    return n / 0\nf(1)\n' > bad.py; python3 bad.py; echo "status $?"; python3 -c 'print(' ; echo $?; python3 nothing.py; echo $?; python3 -c 'import nothing'; echo $?
mkdir package; echo 'NAME = "imported"; print("on import")' > package/__init__.py; echo 'from . import NAME; print(__name__, NAME)' > package/__main__.py; python3 -m package
python3 -c 'import sys; print(sys.version_info[0], sys.flags.optimize, sys.byteorder, sys.maxsize, sys.executable)'
PYTHONDONTWRITEBYTECODE= python3 -c 'import package' && ls package; echo '{"b": 1, "a": [1, 2]}' | python3 -m json.tool
printf 'a,b\n1,2\n' | python3 -c 'import csv, sys; print(list(csv.DictReader(sys.stdin)))'; python3 -m base64 -e i.py
python3 -c 'import tarfile; t = tarfile.open("t.tar", "w"); t.add("package"); t.close(); print(sorted(tarfile.open("t.tar").getnames()))'
python3 -c 'import os, sys
for i in range(20):
    if os.fork() == 0: os._exit(i)
print(sorted(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(20)))'
python3 -c 'import mmap
with open("m", "w+b") as f:
    f.truncate(8192); m = mmap.mmap(f.fileno(), 8192); m[4096:4100] = b"mmap"; m.flush(); m.close(); f.seek(4096); print(f.read(4))'
python3 -c 'import select, os
r, w = os.pipe(); print(select.select([r], [w], [], 0)[0]); os.write(w, b"x"); print(select.select([r], [], [], 0)[0] == [r]); p = select.poll(); p.register(r, select.POLLIN); print(p.poll(0)[0][1])'
python3 -c 'import time; a = time.monotonic(); time.sleep(0.05); print(0.05 <= time.monotonic() - a < 1)'; python3 -c 'import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])'
python3 -c 'print("x" * 100000)' | wc -c; yes | python3 -c 'import sys; print(len(sys.stdin.readline()))'; python3 -c 'import ctypes; print(ctypes.CDLL(None).abs(-5))'
python3 -c 'import fcntl, os
f = open("lock", "w"); fcntl.flock(f, fcntl.LOCK_EX); pid = os.fork()
if pid == 0:
    g = open("lock")
    try: fcntl.flock(g, fcntl.LOCK_EX | fcntl.LOCK_NB); print("not locked")
    except BlockingIOError: print("locked")
    os._exit(0)
os.wait()'
python3 -c 'import sys
while True: print("y")' 2>&1 | head -2
