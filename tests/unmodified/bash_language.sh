#!/bin/bash
# packages: bash coreutils
# What bash has beyond a POSIX shell: arrays, [[ ]], (( )), process substitution, extended patterns.
array=(zero one "two words" three)
echo "${#array[@]} ${array[2]} ${array[@]:1:2} ${!array[*]}"
array+=(four); unset 'array[1]'; echo "${!array[*]}: ${array[*]}"
declare -A map=([red]=1 [green]=2 [blue]=3)
for key in $(printf '%s\n' "${!map[@]}" | sort); do echo "$key=${map[$key]}"; done
[[ "hello world" == hello* && "abc123" =~ ^([a-z]+)([0-9]+)$ ]] && echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
((x = 5 ** 3 + 2)); echo "$x $((x % 10)) $((16#ff)) $((2#1011))"
for ((i = 0; i < 3; i++)); do printf '%d ' $i; done; echo
cat <<< "a here-string"
shopt -s extglob nullglob
touch a.c b.c c.h d.txt; echo *.@(c|h); echo !(*.c); echo *.none; echo {a,b}{1..3} {01..05..2}
s="The quick brown fox"
echo "${s/quick/slow} ${s//o/0} ${s^^} ${s,,} ${s:4:5} ${s: -3}"
printf -v padded '%-10s|' hi; echo "$padded"
printf '%q\n' "it's a \"test\"" $'tab\there'
f() { local -n ref=$1; ref="changed"; }; v=old; f v; echo $v
set -o pipefail; false | true; echo "pipefail: $?"; set +o pipefail
true | false | true; echo "${PIPESTATUS[*]}"
IFS=: read -r user _ uid _ < /etc/passwd; echo "$user $uid"
trap 'echo "error trap: line $LINENO"' ERR; false; trap - ERR
coproc cat_it { while read -r l; do echo "co: $l"; done; }
echo "hello coprocess" >&"${cat_it[1]}"; read -r reply <&"${cat_it[0]}"; echo "$reply"
eval "exec ${cat_it[1]}>&-"; wait
exec {fd}> dynamic; echo "descriptor above 9: $((fd >= 10))" >&$fd; exec {fd}>&-; cat dynamic
type -t cd ls f nothing; echo $?
echo "$BASH_SUBSHELL $(echo $BASH_SUBSHELL)"
select word in alpha beta; do echo "chose $word"; break; done <<< 2
time_it() { TIMEFORMAT='%0R'; time sleep 0; }; time_it 2>&1
declare -i n=3; n+=4; echo $n; declare -r c=1; c=2; echo "still here: $?"
[[ -v v && ! -v nowhere ]] && echo "v is set"
help true | head -1
compgen -W "apple banana apricot" a
shopt -s globstar; mkdir -p t/u/v; touch t/1 t/u/2 t/u/v/3; echo t/**
(sleep 0.02; exit 3) & short=$!; (sleep 5) & wait -n $short $!; echo "the first to end: $?"; kill $! 2> /dev/null; wait 2> /dev/null; ulimit -n; ulimit -s
