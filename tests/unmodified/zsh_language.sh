#!/bin/zsh-static
# packages: zsh-static coreutils
# What zsh has of its own: arrays from one, flags of expansions, globbing qualifiers.
a=(one two three); print $a[1] $a[-1] $#a ${(j:-:)a} ${(u)a} ${(o)a} ${(U)a[2]}
typeset -A h; h=(k1 v1 k2 v2); print ${(ok)h} ${h[k2]}
print ${${:-/usr/local/lib.so}:t} ${${:-/usr/local/lib.so}:h} ${${:-/usr/local/lib.so}:e}
touch f1 f2 f3; mkdir d1; chmod +x f2; print *(/) *(.) *(x.) f<1-2>
print -l {1..3}; print $((10 / 4.0)) $((2 ** 10)); print -f '%04d\n' 42
for x in a b c; print -n "$x "; print
repeat 3 { print -n . }; print
case foo in f*) print matched;; esac
print ${(l:8::.:)a[1]}; print ${(s:,:)${:-x,y,z}}
echo one two | read first second; print "$first-$second"
print =(echo hi) | grep -c zsh; cat =(echo "a temporary file")
f() { emulate -L sh; echo "in sh mode: $1"; }; f x
{ print tried; false } always { print always }
trap 'print caught' USR1; kill -USR1 $$
[[ abc = (a|b)* ]] && print "alternatives"; [[ 5 -gt 3 && -d d1 ]] && print yes
typeset -i 16 n=255; print $n; integer i=3; (( i *= 7 )); print $i
print -P '%1~' | wc -w; setopt extendedglob; print ^f*
print ${#:-twelve chars}; print -r -- ${(q):-it\'s}; print $'\x41\u00e9' | od -An -tx1
