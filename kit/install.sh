#!/bin/sh
# The installer: finds out what `make demo`, `make check` or `make grade` needs and lacks, says so, and installs it.
#
#	sh kit/install.sh demo|check|grade [--list]
#
# Where nothing is missing it changes nothing and needs no network. Debian packages come from apt (through sudo where
# the user is not root), JavaScript packages from npm by the lockfile. Where there is no apt it says what to install and
# fails. It must run on a system that has git and make and nothing else, so it is plain sh and asks Python only once
# there is one. --list only says what is missing: it fails where something is.
#
# Tests move what is looked at: KIT_PYTHON, KIT_OS_RELEASE, and PATH of course.
set -eu

goal=${1:-demo}
list=${2:-}
python=${KIT_PYTHON:-/usr/bin/python3}
os_release=${KIT_OS_RELEASE:-/etc/os-release}
missing=
packages=
modules_missing=no

case $goal in
demo | check | grade) ;;
*)
	echo "install: what for? sh kit/install.sh demo|check|grade" >&2
	exit 2
	;;
esac

# lacks PACKAGE WHAT WHY: keep in mind that WHAT, which PACKAGE brings, is not there.
lacks()
{
	missing="$missing
  $2: $3 (package $1)"
	case " $packages " in
	*" $1 "*) ;;
	*) packages="$packages $1" ;;
	esac
}

# need COMMAND PACKAGE WHY
need()
{
	command -v "$1" >/dev/null 2>&1 || lacks "$2" "$1" "$3"
}

# compiles HEADER PACKAGE WHY: the C library's headers come apart from the compiler.
compiles()
{
	command -v gcc >/dev/null 2>&1 || return 0 # gcc itself is asked for already; libc6-dev comes with the list below
	echo "#include <$1>" | gcc -E -x c - >/dev/null 2>&1 || lacks "$2" "<$1>" "$3"
}

# module NAME PACKAGE WHY: a Python module of /usr/bin/python3, whatever other python3 comes first on PATH.
module()
{
	"$python" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$1') is None)" 2>/dev/null ||
		lacks "$2" "Python module $1" "$3"
}

look_for_tools()
{
	need gcc gcc "compiles the kernels"
	need ld binutils "links them"
	command -v gcc >/dev/null 2>&1 || packages="$packages libc6-dev"
	compiles stdlib.h libc6-dev "the C library's headers"
	need musl-gcc musl-tools "compiles the static Linux programs"
	need qemu-system-x86_64 qemu-system-x86 "boots the kernels"
	[ -e /usr/share/qemu/qboot.rom ] || [ -e /usr/share/seabios/qboot.rom ] || [ -e /usr/local/share/qemu/qboot.rom ] ||
		lacks qemu-system-data qboot.rom "the firmware that starts a kernel at once"
	[ -x "$python" ] || lacks python3 "$python" "runs kit"
	module kconfiglib python3-kconfiglib "reads the configuration"
	module jinja2 python3-jinja2 "writes Kconfig, makefiles and stubs"
	module lark python3-lark "reads the interface descriptions"
	module sqlalchemy python3-sqlalchemy "stores the results"
	module flask python3-flask "serves the dashboard"
	module markdown python3-markdown "shows the handouts of the labs"
	if [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info >= (3, 11))'; then
		module tomli python3-tomli "reads the manifests"
	fi
	[ "$goal" = check ] || return 0
	look_for_programs
	need node nodejs "runs the browser tests"
	need clang-format clang-format "checks the shape of the C code"
	[ -x /usr/sbin/e2fsck ] || need e2fsck e2fsprogs "makes the disks of the tests, and says whether they are clean"
	module pytest python3-pytest "runs the tests"
	module hypothesis python3-hypothesis "finds the cases that nobody thought of"
	look_for_browser
}

# What the scripts of tests/unmodified and the sessions at a console run, on our kernels and on this system.
look_for_programs()
{
	need unshare util-linux "gives the programs of a comparison a root of their own"
	command -v dpkg-query >/dev/null 2>&1 || return 0
	for package in $(sed -n 's/^[#/-]* packages: //p' tests/unmodified/* 2>/dev/null | tr ' ' '\n' | sort -u) zsh-static less procps; do
		dpkg-query -W "$package" >/dev/null 2>&1 || lacks "$package" "package $package" "is run unmodified on every kernel"
	done
}

# Ubuntu's chromium packages only fetch a snap, which a container cannot run: there the tests take any browser that runs.
look_for_browser()
{
	for browser in chromium chromium-browser google-chrome; do
		command -v "$browser" >/dev/null 2>&1 && return 0
	done
	if grep -qs '^ID=ubuntu' "$os_release"; then
		echo "install: NOTICE: no chromium on this Ubuntu; the browser tests will be left out. Any chromium or google-chrome" >&2
		echo "install:         on PATH is used (apt's package is a snap, which this script does not install)." >&2
	else
		lacks chromium chromium "drives the dashboard in the browser tests"
	fi
}

# Every package of the lockfile, in the version that it names; demo does without those that only tests use.
look_for_node_modules()
{
	[ "$goal" != grade ] || return 0 # it draws nothing
	[ -f package-lock.json ] || return 0
	if [ -x "$python" ] && "$python" -S - "$goal" <<'EOF'; then return 0; fi
import json, sys

with open("package-lock.json", encoding="utf-8") as file:
    packages = json.load(file)["packages"]
for path, wanted in packages.items():
    if not path or wanted.get("optional") or (wanted.get("dev") and sys.argv[1] == "demo"):
        continue
    try:
        with open(f"{path}/package.json", encoding="utf-8") as file:
            found = json.load(file)["version"]
    except (OSError, ValueError, KeyError):
        sys.exit(1)
    if found != wanted["version"]:
        sys.exit(1)
EOF
	missing="$missing
  node_modules: not what package-lock.json asks for (npm ci)"
	modules_missing=yes
	need node nodejs "fetches the dashboard's chart library"
	need npm npm "fetches the dashboard's chart library"
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

install_packages()
{
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "install: this system has no apt. Install what is listed above (the names are Debian's), then call make again." >&2
		exit 1
	fi
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
		echo "install: neither root nor sudo. As root, call: apt-get install --no-install-recommends$packages" >&2
		exit 1
	fi
	# shellcheck disable=SC2086 # a list of words
	if ! { as_root apt-get update && as_root apt-get install -y --no-install-recommends $packages; }; then
		echo "install: apt could not install$packages. On Ubuntu they need the component universe (add-apt-repository universe)." >&2
		exit 1
	fi
}

# What no package of this system would mend.
if [ -x "$python" ] && ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
	echo "install: $python is older than 3.10. Use Debian 12, Ubuntu 22.04 or newer." >&2
	exit 1
fi
look_for_tools
look_for_node_modules
[ -n "$missing" ] || exit 0

echo "For make $goal this is missing:$missing"
[ "$list" != --list ] || exit 1
if [ -n "$packages" ]; then
	echo "Installing with apt$([ "$(id -u)" -eq 0 ] || echo ", through sudo"):$packages"
	install_packages
fi
if [ "$modules_missing" = yes ]; then
	omit=
	[ "$goal" = check ] || omit=--omit=dev
	echo "Installing node_modules from package-lock.json with npm"
	# shellcheck disable=SC2086 # a word or none
	npm ci --no-audit --no-fund --ignore-scripts $omit || {
		echo "install: npm ci failed: is there a network? The lockfile's packages come from npm's registry." >&2
		exit 1
	}
fi
sh "$0" "$goal" --list || {
	echo "install: the above is still missing after the installation" >&2
	exit 1
}
