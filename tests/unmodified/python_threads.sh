#!/bin/dash
# packages: dash python3-minimal libpython3-stdlib coreutils
# Python's threads, and processes made among them.
python3 -c 'import threading
lock, total = threading.Lock(), [0]
def add():
    for _ in range(200):
        with lock: total[0] += 1
threads = [threading.Thread(target=add) for _ in range(6)]
[t.start() for t in threads]; [t.join() for t in threads]; print(total)'
python3 -c 'import queue, threading
tasks, done = queue.Queue(3), queue.Queue()
def work():
    while (n := tasks.get()) is not None: done.put(n * n)
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
for n in range(40): tasks.put(n)
[tasks.put(None) for _ in threads]; [t.join() for t in threads]
print(sorted(done.queue))'
python3 -c 'import threading
barrier, local, seen = threading.Barrier(5), threading.local(), []
def step(n):
    local.n = n; barrier.wait(); seen.append(local.n == n); barrier.wait()
threads = [threading.Thread(target=step, args=(n,)) for n in range(5)]
[t.start() for t in threads]; [t.join() for t in threads]; print(seen)
event = threading.Event(); timer = threading.Timer(0.01, event.set); timer.start(); print(event.wait(), threading.Event().wait(0.01))'
python3 -c 'from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool: print(list(pool.map(lambda n: n ** 3, range(12)))); print(pool.submit(lambda: 1 / 0).exception())'
python3 -c 'import subprocess, threading
out = {}
def run(n): out[n] = subprocess.run(["echo", str(n)], capture_output=True, text=True).stdout
threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]; print(sorted(out.items()))'
python3 -c 'import os, signal, threading, time
got = []
signal.signal(signal.SIGUSR1, lambda *a: got.append(threading.current_thread() is threading.main_thread()))
threading.Thread(target=lambda: (time.sleep(0.01), os.kill(os.getpid(), signal.SIGUSR1))).start(); time.sleep(0.1); print(got)'
python3 -c 'import os, threading
threading.Thread(target=lambda: os._exit(7)).start(); threading.Event().wait()'; echo $?
