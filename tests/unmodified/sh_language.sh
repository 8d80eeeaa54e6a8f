#!/bin/dash
# packages: dash coreutils
# The language of a POSIX shell: what is expanded, quoted, matched and repeated.
set -u
echo "arithmetic: $((6 * 7)) $((2 - 5)) $((0x10 % 7)) $((1 << 20)) $((-7 / 2)) $((5 > 3 ? 10 : 20))"
for i in 1 2 3; do echo "line $i"; done > lines
while read -r word number; do echo "$number $word"; done < lines
echo "a pipe: $(for i in 3 1 2; do echo $i; done | { n=0; while read -r x; do n=$((n + x)); done; echo $n; })"
cat_like() { while IFS= read -r line; do echo "$line"; done; }
cat_like <<END
a here-document with $((1 + 1)) words expanded
END
cat_like <<'END'
and one without: $((1 + 1)) `no` \n
END
cat_like <<-END
	with its tabs taken off
	END
( exit 7 ); echo "a subshell left $?"
[ -f lines ] && [ ! -e nothing ] && [ -d /tmp ] && [ -w lines ] && echo "files are what they are"
echo "*.nothing and" lin* /et[c]/pass?d
case "${nobody-unset}" in unset) echo "unset is unset";; *) echo "unset is set";; esac
printf '%5d|%-5s|%x|%s|%05.1f|%c\n' 42 left 255 end 3.14159 word
set -- one "two words" three
echo "$# arguments, the second: $2; all: $*"
IFS=,; echo "joined: $*"; unset IFS
for word in "$@"; do echo "[$word]"; done
shift 2; echo "after a shift: $1"
path=/usr/lib/x86_64/libc.so.6
echo "${path##*/} ${path%/*} ${path#*/} ${path%%.*} ${#path}"
echo "${missing:-default} ${missing:=assigned} ${missing:+there} $missing"
f() { local x=inner; echo "$x"; return 3; }
x=outer; f; echo "$? $x"
i=0; until [ $i -ge 3 ]; do i=$((i + 1)); [ $i -eq 2 ] && continue; echo "round $i"; done
for i in 1 2 3 4; do [ $i -eq 3 ] && break; echo "until break $i"; done
eval 'y="a  b"'; echo "$y" $y
true && false || echo "or"
! false; echo "not false: $?"
umask 027; echo mask > masked; umask; ls -l masked | cut -c1-10
/no/such/program 2> /dev/null; echo "a missing program gives $?"
./lines 2> /dev/null; echo "one that is not executable gives $?"
/no/such/program; echo "and says why"
echo '#!/bin/dash
echo "a script with $# arguments in $0"' > script
chmod +x script; ./script a b c
echo 'echo "no line that names a shell: $1"' > bare
chmod +x bare; ./bare yes
i=0; while [ $i -lt 100 ]; do ( : ); i=$((i + 1)); done; echo "$i subshells"
readonly constant=1; (constant=2) 2>&1; echo "after: $?"
getopts_try() { while getopts ab:c option; do echo "option $option ${OPTARG-}"; done; echo "rest $OPTIND"; }
getopts_try -a -b value -c rest
echo "a\tb" | od -c
test 1 -lt 2 -a 3 -gt 2 && echo "test with and"
exec 3> third; echo "through descriptor three" >&3; exec 3>&-; cat_like < third
