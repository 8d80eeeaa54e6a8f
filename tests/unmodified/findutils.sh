#!/bin/dash
# packages: dash findutils coreutils grep sed
# find, xargs, grep and sed on a small tree.
mkdir -p t/a/b t/c; for i in 1 2 3 4 5; do echo "file $i" > t/a/f$i.txt; done; echo deep > t/a/b/deep.c; seq 3000 > t/c/big
touch -d '2001-01-01' t/c/old; ln -s ../a t/c/link; mkfifo t/c/p; chmod 000 t/a/f5.txt
find t | sort; find t -name '*.txt' -newer t/c/old | wc -l; find t -type l -o -type p | sort; find t -size +10k; find t -empty | sort
find t -maxdepth 1 -mindepth 1 -type d | sort; find t -perm 000; find t -regex '.*/f[13].*' | sort; find -L t -name 'f1*' | sort; find t -path t/a/b -prune -o -type f -print | sort
find t -name '*.c' -exec cat {} \; ; find t -name 'f?.txt' -exec echo {} + | tr ' ' '\n' | sort | head -2; find t -type f -printf '%f %s %m %d %y\n' | sort
find t -name 'f2*' -delete; find t -name 'f2*' | wc -l; find /nowhere; echo $?; find t -type f -print0 | sort -z | xargs -0 ls; find t -samefile t/c/big
seq 20 | xargs -n 6; seq 5 | xargs -I% echo "[%]"; printf 'a b\0c d\0' | xargs -0 -n 1 echo; echo 1 2 3 | xargs -d' ' -n1 echo | cat -A
seq 4 | xargs -P 4 -n 1 sh -c 'sleep 0.$0; echo $0'; echo a | xargs false; echo $?; echo a | xargs nothing; echo $?; xargs -r echo < /dev/null; seq 10000 | xargs echo | wc -l; seq 3 | xargs sh -c 'exit 255'; echo $?
grep -rn deep t 2> /dev/null | sort; grep -c '' t/c/big; grep -E '^(1|2)0+$' t/c/big; grep -P '^\d{4}$' t/c/big | head -1; grep -o '[0-9]$' t/c/big | sort | uniq -c | head -2
grep -v 1 t/c/big | wc -l; grep -A1 -B1 -n '^100$' t/c/big; grep -l file t/a/*.txt; grep -L deep t/a/f1.txt; grep -w 42 t/c/big; grep -i FILE t/a/f1.txt; grep nothing t/c/big; echo $?
grep x /nowhere; echo $?; printf 'a\0b\n' | grep -c a; printf 'a\0b\n' | grep b; grep -q 1 t/c/big && echo quiet; echo "a.b" | grep -F .; echo file | grep -f - t/a/f1.txt
sed -n '2,4p;$=' t/c/big; echo abcd | sed 's/\(.\)\(.\)/\2\1/2'; sed -e '/^1/d' -e 's/0/zero/g' t/c/big | head -3; sed -n '/^10$/,/^12$/p' t/c/big; sed '1!G;h;$!d' t/a/f1.txt t/a/f3.txt
sed -i.bak 's/file/FILE/' t/a/f1.txt; cat t/a/f1.txt t/a/f1.txt.bak; sed = t/a/f3.txt | sed 'N;s/\n/\t/'; echo aabbcc | sed 'y/abc/xyz/'; sed 's/x/y/' /nowhere; echo $?; sed 'k' t/a/f1.txt; echo $?
sed -E 's/(f)(i)/\u\1\2/;w out' t/a/f3.txt; cat out; sed -s -n '$p' t/a/f3.txt t/a/f4.txt; sed 5q t/c/big | sed -z 's/\n/,/g'; echo; seq 3 | sed '2i\inserted
3c\changed
1a\appended'
