"""An image on this machine's own Linux: its files in memory, its processes by themselves, and ``/bin/batch`` as process 1.

    unshare --mount --pid --fork -- python3 -m kit.private_root INITRD [PROGRAM]

What a kernel of the kit gives its first program is made here with namespaces: a root file system in memory that holds the files of the initrd, ``/proc``,
a ``/dev`` with the usual devices, and nothing of this machine's own files. File descriptor 3 must be open: results go there.
"""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from kit import cpio

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
RESULTS_FD = 3
PROGRAM = "/bin/batch"
ENVIRONMENT = {"HOME": "/", "TERM": "linux"}
"""What a program at a terminal gets, as from a kernel."""
SECONDS = 600.0
LIMITS = {
    resource.RLIMIT_NOFILE: (1024, 4096),
    resource.RLIMIT_STACK: (8 << 20, resource.RLIM_INFINITY),
    resource.RLIMIT_CORE: (0, resource.RLIM_INFINITY),
}
"""What Linux gives its first program."""


class PrivateRootError(Exception):
    """This system cannot give a program a root of its own; the text says why."""


def run(initrd: Path) -> bytes:
    """What the scripts of ``initrd`` report on this machine's Linux, as sent. Raises PrivateRootError."""
    probe()
    command = [*_unshare(), sys.executable, "-m", __name__, str(initrd.absolute())]
    with tempfile.TemporaryFile() as results:
        try:
            done = subprocess.run(
                command,
                cwd=Path(__file__).resolve().parent.parent,
                # With the file open, descriptor 3 is in use: nothing that subprocess itself needs is overwritten.
                preexec_fn=lambda: os.dup2(results.fileno(), RESULTS_FD),
                pass_fds=[RESULTS_FD],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise PrivateRootError(f"the scripts take more than {SECONDS:g} s on this machine's own Linux") from None
        if done.returncode != 0:
            raise PrivateRootError(f"this system does not let a program have a root of its own: {(done.stderr or done.stdout).strip()[-500:]}")
        results.seek(0)
        return results.read()


def at_terminal(initrd: Path, program: str) -> list[str]:
    """The command that runs ``program`` of ``initrd`` as process 1, at the terminal that its standard input is. Only root may take one."""
    return [*_unshare(), sys.executable, "-m", __name__, str(initrd.absolute()), program]


def probe() -> None:
    """Raises PrivateRootError where ``run`` could not work."""
    if shutil.which("unshare") is None:
        raise PrivateRootError("unshare is missing (package util-linux)")
    broken = [name for name in DEVICES if not stat.S_ISCHR(os.stat(f"/dev/{name}").st_mode)]
    if broken:
        raise PrivateRootError(f"/dev/{broken[0]} of this system is no device: something has replaced it")
    tried = subprocess.run([*_unshare(), "mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()], capture_output=True, text=True)
    if tried.returncode != 0:
        raise PrivateRootError(f"this system does not let a program have a root of its own: {tried.stderr.strip()[-500:]}")


def _unshare() -> list[str]:
    """The command that gives a program name spaces of its own."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--"]


def _mount(kind: str, name: str, path: Path, options: str) -> None:
    subprocess.run(["mount", "-t", kind, "-o", options, name, str(path)], check=True)


def _populate(root: Path, initrd: bytes) -> None:
    """The files of the initrd below ``root``, as the services' own file system has them."""
    for member in cpio.read(initrd):
        path = root / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISDIR(member.mode):
            path.mkdir(exist_ok=True)
            path.chmod(member.mode & 0o7777)
        elif stat.S_ISLNK(member.mode):
            path.symlink_to(os.fsdecode(member.data))
        elif stat.S_ISREG(member.mode):
            path.write_bytes(member.data)
            path.chmod(member.mode & 0o7777)


def _make_devices(root: Path) -> None:
    """The machine's own devices under their names; a name space may not make new ones."""
    _mount("tmpfs", "devtmpfs", root / "dev", "nosuid,mode=755")
    for name in DEVICES:
        (root / "dev" / name).touch()
        subprocess.run(["mount", "--bind", f"/dev/{name}", str(root / "dev" / name)], check=True)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (root / "dev" / name).symlink_to(target)
    for name in ("shm", "pts"):
        (root / "dev" / name).mkdir()
    _mount("tmpfs", "tmpfs", root / "dev/shm", "nosuid,nodev,mode=1777")
    _mount("devpts", "devpts", root / "dev/pts", "newinstance,ptmxmode=0666,mode=620")
    (root / "dev/ptmx").symlink_to("pts/ptmx")


def _forget_own_settings() -> None:
    """What Python, whoever called it (nohup ignores SIGHUP) and this system have set, as a kernel's first program finds it."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for limit, values in LIMITS.items():
        resource.setrlimit(limit, values)


def _take_terminal() -> None:
    """A session of our own, whose terminal is our standard input, from whoever has it."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 1)


def main(arguments: list[str]) -> int:
    """Process 1 of a PID name space: build the root and become the program there."""
    path, *program = arguments
    initrd = Path(path).read_bytes()
    root = Path(tempfile.gettempdir())  # only this name space sees what is mounted on it
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    _mount("tmpfs", "rootfs", root, "mode=755")
    os.umask(0)
    _populate(root, initrd)
    for name in ("proc", "dev"):
        (root / name).mkdir(exist_ok=True)
    _mount("proc", "proc", root / "proc", "nosuid,nodev,noexec")
    _make_devices(root)
    os.umask(0o022)
    _forget_own_settings()
    os.chroot(root)
    os.chdir("/")
    if program:
        _take_terminal()
        os.execve(program[0], program[:1], ENVIRONMENT)
    os.execve(PROGRAM, [PROGRAM], {})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
