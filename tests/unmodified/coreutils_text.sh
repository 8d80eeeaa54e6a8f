#!/bin/dash
# packages: dash coreutils
# GNU's programs for text: everything between sort and od.
seq 1 50000 | sort -R --random-source=/dev/zero | sort -n | sha256sum; seq 100000 | sort -r | head -3
seq 200000 | shuf --random-source=/dev/zero | sort -n -S 64K -T . | md5sum; seq 10 | sort -k1.1,1.1 -s -r | tr '\n' ' '
printf 'b 2\na 10\nc 1\na 9\n' > t; sort t; sort -k2n t; sort -k1,1 -k2,2nr t; sort -u -k1,1 t; sort -c t; echo $?; sort -m t t | wc -l
printf '1K\n2M\n3\n' | sort -h; printf '1.10\n1.9\n' | sort -V; sort /nothing; echo $?
printf 'a\na\nb\nc\nc\n' | uniq -c; printf 'a\na\nb\n' | uniq -d; printf 'a\na\nb\n' | uniq -u; printf 'A\na\n' | uniq -i
printf '1 a\n2 b\n3 c\n' > l; printf '1 x\n3 y\n4 z\n' > r; join l r; join -a1 -a2 -e- -o 0,1.2,2.2 l r; comm l r; comm -12 l l | wc -l
paste l r; paste -sd, l; paste -d: - - < l
cut -c2-4 l; cut -d' ' -f2 l; cut --complement -d' ' -f1 l; cut -b1 --output-delimiter=- l; tr a-z A-Z < l; tr -s 'l' < l; tr -cd '0-9\n' < l; tr -d '\n' < l | od -c
head -n -1 l; head -c 3 l; tail -n +2 l; tail -c 4 l; tac l; tac -s ' ' l; nl -ba l; cat -n l; cat -A t; cat -s t | wc; fold -w 2 l
fmt -w 20 <<END
a paragraph of words that is filled to a width of twenty columns
END
printf '\ttab\n' | expand -t 4; printf '    four\n' | unexpand -a -t 4
od -An -tx1z -N16 /bin/ls | head -1; printf 'hello' | od -An -tu2 -tc; printf '\001\377' | od -tx1 -Ad
printf abc | base64; printf abc | base32; echo YWJj | base64 -d; echo; printf abc | basenc --base16
wc -lwcmL l; wc < /dev/null; wc l r; md5sum l; sha1sum l; sha224sum l; sha512sum l | cut -c1-40; b2sum l | cut -c1-40; cksum l; sum l; sum -s l
sha256sum l > s; sha256sum -c s; echo changed >> l; sha256sum -c s; echo $?
split -l 1 -d r part-; ls part-*; split -b 3 -a 3 r x; cat xa*; csplit -s -f c- r 2 && head c-*; split -n 2 r half; ls half*
seq 5 -1 1 | tr '\n' ' '; seq -w 8 10; seq -f %.2f 1 0.5 2; seq -s+ 3; numfmt --to=iec 1048576 1500; numfmt --from=si 1K; factor 1234567890 97
expr 7 \* 6; expr match hello 'h\(.*\)o'; /bin/printf '%b|%q|%5.1f|%i\n' 'a\tb' "it's" 2.25 7; /bin/echo -e 'x\ty\c'; echo; printf '%s\n' a b c; /bin/printf %d abc; echo $?
date -u -d '2024-02-29 13:14:15 +1 day' '+%F %T %j %u %V %s'; date -u -d @0; date -u -d 'next monday' > /dev/null && echo "a monday"; date -d nonsense; echo $?; date -u -I -d @86400
printf 'a b\nb c\na d\n' | tsort; echo an index of words | ptx | head -3; pr -h title -l 20 l | tail -n +5 | head -3
yes no | head -n 2; tee t1 t2 < r | wc -l; test 10 -gt 9 && echo yes; pwd -P; truncate -s 0 l; wc -c l; dircolors -b | head -c 10; echo
groups; id; id -u nobody; nproc --all > /dev/null; arch; uname -s -m; who
