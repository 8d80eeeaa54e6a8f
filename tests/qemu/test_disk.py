"""A disk with a file system: Debian's programs work on it on every kernel, and e2fsck on the host finds it clean, also where QEMU was killed."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import tempfile
import time
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pytest
from qemu_fixture import PRESETS, built_preset, explain

from kit import cpio, disk, image
from kit.built import Built
from kit.qemu import Boot, Job, Machine, boot, command_line, ended_with_us, spawn

SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
pytestmark = pytest.mark.skipif(shutil.which("dpkg") is None, reason="the programs come from Debian packages")

SEED = int(os.environ.get("DISK_SEED", "1"))
MOUNT = "mount -t ext3 /dev/vda /mnt || exit 9\n"

WORK = r"""
cd /mnt && mkdir -p a/b/c && cd a
i=0; while [ $i -lt 60 ]; do echo "number $i" > b/file$i; i=$((i + 1)); done
rm b/file*7 && ls b | wc -l
ln b/file1 hard && ln -s b/file2 soft && cat soft
mv b/file3 c && mv c b/c/d && mkfifo fifo && mknod null c 1 3 && chmod 640 hard && chown 12:34 hard
dd if=/bin/busybox of=big bs=4096 2>/dev/null && cp big copy && cmp big copy && rm big
dd if=/dev/zero of=holes bs=1 count=1 seek=5000000000 2>/dev/null; ls -l holes | awk '{print $5}'
find . | sort | sha256sum
sha256sum copy && sync && df /mnt | awk 'NR == 2 {print $1, $6}'
cd / && umount /mnt && mount -t ext3 /dev/vda /mnt && cd /mnt/a && find . | sort | sha256sum && sha256sum copy
"""


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """One of e2fsprogs."""
    path = shutil.which(name, path=SEARCH)
    assert path is not None, f"{name} is missing: make install"
    return subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, errors="replace", check=False)


def clean(path: Path) -> str:
    """Empty where e2fsck has nothing to say against the disk as it is."""
    done = tool("e2fsck", "-fn", path)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def fresh(folder: Path, *options: str, size: str = "32M") -> Path:
    """An empty ext3 disk."""
    path = folder / "disk.img"
    done = tool("mke2fs", "-q", "-F", "-t", "ext3", *options, path, size)
    assert done.returncode == 0, done.stderr
    return path


@lru_cache(maxsize=None)
def programs(*packages: str) -> tuple[cpio.Member, ...]:
    with tempfile.TemporaryDirectory() as store:
        return tuple(image.build(packages, Path(store), lambda text: None))


def job(kernel: Built, folder: Path, script: str, path: Path, *packages: str) -> Job:
    """A boot in which busybox's shell runs ``script`` with the disk ``path``."""
    members = [*programs("busybox-static", *packages), cpio.Member("etc/script", stat.S_IFREG | 0o644, script.encode())]
    archive, initrd = folder / "image.cpio", folder / f"{sha256(script.encode()).hexdigest()}.cpio"
    archive.write_bytes(cpio.write(members))
    initrd.write_bytes(image.merged(kernel.initrd, archive))
    return Job(kernel.kernel_elf, initrd, "init=/bin/sh args=/etc/script", Machine("microvm"), wall_seconds=120, disk=path)


def run(kernel: Built, folder: Path, script: str, path: Path, *packages: str) -> Boot:
    one = job(kernel, folder, script, path, *packages)
    outcome = boot(one)
    assert outcome.ok, explain(kernel, outcome, one.append)
    return outcome


def killed(one: Job, folder: Path, rounds: int, seconds: float) -> int:
    """Boot, and kill QEMU so long after it has said "done n" so many times. The last n that it said, or 0."""
    console, results = folder / "console", folder / "results"
    console.unlink(missing_ok=True)  # of the last time
    with (folder / "stderr").open("wb") as errors:
        process = spawn(command_line(one, f"file,path={console}", results), errors)
        with ended_with_us(process):
            end = time.monotonic() + 60
            while process.poll() is None and len(done(console)) < rounds and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(seconds)
            process.kill()
            process.wait()
    said = done(console)
    assert len(said) >= rounds, f"{console.read_text(errors='replace')[-2000:]}{(folder / 'stderr').read_text()}status {process.returncode}"
    return max(said, default=0)


def done(console: Path) -> list[int]:
    """Each n of a line "done n" on the console."""
    lines = console.read_text(errors="replace").splitlines() if console.exists() else []
    return [int(line[5:]) for line in lines if line.startswith("done ") and line[5:].isdigit()]


@pytest.mark.parametrize("options", [("-b", "1024"), ("-b", "4096", "-I", "128")], ids=["1k", "4k"])
@pytest.mark.parametrize("preset", PRESETS)
def test_programs_work_on_a_disk_and_leave_it_clean(preset: str, options: tuple[str, ...], tmp_path: Path) -> None:
    kernel = built_preset(preset)
    path = fresh(tmp_path, *options)
    said = run(kernel, tmp_path, MOUNT + WORK, path).console.splitlines()
    assert said[0] == "55" and said[1] == "number 2" and said[2] == "5000000001", said
    assert said[3] == said[6] and said[4] == said[7] and said[5] == "/dev/vda /mnt", said
    assert not clean(path)
    copied = tmp_path / "copy"
    assert tool("debugfs", "-R", f"dump /a/copy {copied}", path).returncode == 0
    busybox = next(member.data for member in programs("busybox-static") if member.name == "usr/bin/busybox")
    assert copied.read_bytes() == busybox, "the host reads what the guest wrote"
    listed = tool("debugfs", "-R", "ls -l /a", path).stdout
    assert any("fifo" in line and " 10644 " in line for line in listed.splitlines()), listed
    assert any("hard" in line and "100640" in line and " 12 " in line and " 34 " in line for line in listed.splitlines()), listed


@pytest.mark.parametrize("preset", PRESETS)
def test_a_disk_is_the_root(preset: str, tmp_path: Path) -> None:
    kernel = built_preset(preset)
    path = tmp_path / "root.img"
    script = "echo here >> /root/visits; cat /root/visits; cat /proc/mounts | head -n 1; [ -w /dev/null ] && ls /"
    disk.make([*programs("busybox-static", "dash"), cpio.Member("etc/script", stat.S_IFREG | 0o644, script.encode())], path)
    assert not clean(path)
    for visits in (1, 2):
        append = "root=/dev/vda init=/bin/sh args=/etc/script"
        outcome = boot(Job(kernel.kernel_elf, kernel.initrd, append, wall_seconds=120, disk=path))
        assert outcome.ok, explain(kernel, outcome, append)
        lines = outcome.console.splitlines()
        assert lines[:visits] == ["here"] * visits and lines[visits].startswith("/dev/vda / ext3 rw"), outcome.console
        assert not clean(path)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_killed_machine_leaves_nothing_to_repair(preset: str, tmp_path: Path) -> None:
    kernel = built_preset(preset)
    path = fresh(tmp_path, "-b", "1024")
    chance = random.Random(SEED)
    busy = MOUNT + r"""
cd /mnt; n=0; [ -f count ] && n=$(cat count)
while :; do
	n=$((n + 1)); mkdir -p d$((n % 7)); echo $n > new; sync; mv new count; sync; echo "done $n"
	cp /etc/script d$((n % 7))/f$((n % 31)); dd if=/bin/busybox of=big$((n % 3)) bs=65536 count=$((n % 9)) 2>/dev/null
	[ $((n % 5)) = 0 ] && rm -rf d$((n % 7))
done
"""
    one = job(kernel, tmp_path, busy, path)
    promised = 0
    for turn in range(4):
        promised = max(promised, killed(one, tmp_path, chance.randrange(1, 12), chance.random() / 5))
        if turn % 2:
            assert tool("e2fsck", "-p", path).returncode <= 1, f"DISK_SEED={SEED}, turn {turn}"
        else:
            found = run(kernel, tmp_path, MOUNT + "cat /mnt/count 2>/dev/null || echo 0\n", path).console.splitlines()[-1]
            assert int(found) >= promised, f"DISK_SEED={SEED}, turn {turn}: {found} after {promised}"
        assert not clean(path), f"DISK_SEED={SEED}, turn {turn}"


SQL = """PRAGMA journal_mode={mode}; CREATE TABLE IF NOT EXISTS t(batch INTEGER, item INTEGER, text TEXT);"""


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_database_survives_in_whole_transactions(preset: str, mode: str, tmp_path: Path) -> None:
    kernel = built_preset(preset)
    path = fresh(tmp_path, "-b", "4096")
    batches = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO t SELECT $b, i, hex(randomblob(40)) FROM n"
    busy = (
        MOUNT
        + f"""
cd /mnt; sqlite3 db "{SQL.format(mode=mode)}"
b=$(sqlite3 db "SELECT coalesce(max(batch), 0) FROM t")
while :; do b=$((b + 1)); sqlite3 db "PRAGMA synchronous=EXTRA; BEGIN; {batches}; UPDATE t SET text = text || 'x' WHERE batch = $b - 1; COMMIT;" && echo "done $b"; done
"""
    )
    look = MOUNT + "cd /mnt; sqlite3 db 'PRAGMA integrity_check; SELECT count(*), max(batch), count(*) % 50 FROM t;'\n"
    one = job(kernel, tmp_path, busy, path, "sqlite3")
    chance, promised = random.Random(SEED), 0
    for turn in range(3):
        promised = max(promised, killed(one, tmp_path, chance.randrange(1, 5), chance.random() / 5))
        found = run(kernel, tmp_path, look, path, "sqlite3").console.splitlines()
        assert found[-2:-1] == ["ok"], f"DISK_SEED={SEED}, turn {turn}: {found}"
        rows, batch, rest = (int(word or 0) for word in found[-1].split("|"))
        assert rest == 0 and rows == 50 * batch and batch >= promised, f"DISK_SEED={SEED}, turn {turn}: {found} after {promised}"
        assert not clean(path)
