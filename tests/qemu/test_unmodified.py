"""Programs that nobody here wrote: Debian's own shell runs a script on every kernel, and says what it says on this machine's Linux."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from qemu_fixture import PRESETS, built_preset, explain

from kit import cpio, image
from kit.qemu import Job, Machine, boot

pytestmark = pytest.mark.skipif(shutil.which("dpkg") is None, reason="the shell comes from a Debian package")

# The one thing that a shell may say or leave out as it happens is the word "Killed", by whether it hears of a death in time: not shown.
SCRIPT = r"""
set -u
cd /tmp
echo "arithmetic: $((6 * 7)) $((2 - 5)) $((0x10 % 7))"
for i in 1 2 3; do echo "line $i"; done > lines
while read -r word number; do echo "$number $word"; done < lines
echo "a pipe: $(for i in 3 1 2; do echo $i; done | { n=0; while read -r x; do n=$((n + x)); done; echo $n; })"
cat_like() { while IFS= read -r line; do echo "$line"; done; }
cat_like <<END
a here-document with $((1 + 1)) words expanded
END
( exit 7 ); echo "a subshell left $?"
trap 'echo "caught USR1"' USR1
kill -USR1 $$
( while :; do :; done ) & child=$!
for i in 1 2 3; do ( : ); done; echo "a spinning child holds nobody up"
{ kill -9 $child; wait $child; } 2>/dev/null; echo "it ended with $?"
echo more >> lines; cat_like < lines
[ -f lines ] && [ ! -e nothing ] && [ -d /tmp ] && [ -w lines ] && echo "files are what they are"
echo "*.nothing and" lin*
mkfifo_is_not_here=yes; unset mkfifo_is_not_here
case "${mkfifo_is_not_here-unset}" in unset) echo "unset is unset";; *) echo "unset is set";; esac
printf '%5d|%-5s|%x|%s\n' 42 left 255 end
exec 3> third; echo "through descriptor three" >&3; exec 3>&-; cat_like < third
set -- one "two words" three; echo "$# arguments, the second: $2"
umask 027; echo mask > masked; [ -r masked ] && umask
/no/such/program 2>/dev/null; echo "a missing program gives $?"
echo '#!/bin/dash
echo "a script with $# arguments in $0"' > script
[ -x script ] || /bin/dash script a b c
i=0; while [ $i -lt 200 ]; do ( : ); i=$((i + 1)); done; echo "$i subshells"
"""


def on_linux(tmp_path: Path) -> str:
    """What the script prints here, in a /tmp of its own."""
    private = tmp_path / "private"
    private.mkdir()
    text = SCRIPT.replace("cd /tmp\n", f"cd {private}\n", 1)
    done = subprocess.run(["dash", "-c", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("preset", PRESETS)
def test_debians_shell_says_the_same_on_every_kernel(preset: str, tmp_path: Path) -> None:
    kernel = built_preset(preset)
    members = image.build(["dash"], tmp_path / "packages", lambda text: None)
    members.append(cpio.Member("etc/script", stat.S_IFREG | 0o644, SCRIPT.encode()))
    (tmp_path / "image.cpio").write_bytes(cpio.write(members))
    initrd = tmp_path / "initrd.cpio"
    initrd.write_bytes(image.merged(kernel.initrd, tmp_path / "image.cpio"))
    shell = next(f"/{member.name}" for member in members if member.name.endswith("bin/dash"))
    append = f"init={shell} args=/etc/script"
    outcome = boot(Job(kernel.kernel_elf, initrd, append, Machine("microvm"), wall_seconds=120))
    assert outcome.ok, explain(kernel, outcome, append)
    assert outcome.console.replace("\r\n", "\n") == on_linux(tmp_path), explain(kernel, outcome, append)
