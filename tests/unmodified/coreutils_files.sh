#!/bin/dash
# packages: dash coreutils
# What GNU's own programs see of files: names, links, times, permissions, sizes, holes.
umask 022
mkdir -p a/b/c; touch -d '2020-02-03 04:05:06.789' a/one; echo content > a/two; chmod 4755 a/two; chmod 1777 a/b; ln -s two a/link; ln a/two a/hard
mkfifo -m 600 a/fifo; touch -d '2020-01-01' a/b/c a/b a; touch -h -d '2020-01-01' a/link; touch -d '2020-01-01' a/two a/fifo
LC_ALL=C ls -l --time-style=full-iso a | tail -n +2; ls -lF a | cut -c1-10; ls -d a/*; ls -a a/b; ls -1R a; ls -S a; ls -i a/two a/hard | awk2=x cut -d' ' -f2
stat -c '%n %s %f %A %h %U %G %F %b %B %o' a/one a/two a/link a/fifo a/b /dev/null; stat -c '%y|%Y' a/one; stat -c '%t %T' /dev/null; stat -L -c %F a/link; stat -f -c '%T %s' .
cp -a a z; ls -l --time-style=+%s z | tail -n +2; diff_them() { (cd $1; stat -c '%n %a %s %Y' * b/c); }; diff_them a > s1; diff_them z > s2; cmp s1 s2 && echo "a copy with everything"
cp -r --preserve=mode a y; cp a/one a/two z/b; ls z/b; cp -u a/one z/b; cp -n a/two z/b/one; wc -c z/b/one; cp a nowhere; echo $?; cp -l a/two linked; stat -c %h linked; cp -s $PWD/a/two symlinked; readlink symlinked
mv z/b/two z/renamed; mv -n a/one a/two; mv a/one a/b z; ls a z; mv nothing here; echo $?; mv z z/inside; echo $?
rm -r y; rm y; echo $?; rm -f y; echo $?; rmdir a; echo $?; rmdir -p --ignore-fail-on-non-empty z/b/c; rm -rv z | sort; unlink linked; ls
ln -s loop loop; cat loop; ln -s /nowhere/at/all dangling; cat dangling; touch -h -d 2020-01-01 dangling; ls -l dangling | cut -d' ' -f9-; readlink -f a/link | tail -c 6; realpath --relative-to=a/b /tmp; realpath -e dangling; basename -s .c x.c y.c; dirname a/b c
ln a/two a/two; echo $?; ln a x; echo $?; ln -sf other dangling; readlink dangling
truncate -s 1M hole; stat -c '%s %b' hole; echo end >> hole; stat -c '%s %b' hole; du -k hole; du --apparent-size -k hole; cp --sparse=always hole copy; stat -c '%s %b' copy; cmp hole copy && echo "holes copied"; truncate -s 10 hole; stat -c %s hole; truncate -s '<5' hole; stat -c %s hole; fallocate_is_elsewhere=1
dd if=/dev/zero of=d bs=4096 count=3 seek=2 2> /dev/null; stat -c '%s %b' d; echo -n XY | dd of=d bs=1 seek=100 conv=notrunc 2> /dev/null; dd if=d bs=1 skip=99 count=4 2> /dev/null | od -c; printf 'abc\nDEF\n' | dd conv=swab,ucase 2> /dev/null; dd if=/dev/zero bs=1k count=2 2>&1 > /dev/null | head -2
chmod u=rwx,go=rx a/two; stat -c %A a/two; chmod -x+X a/two; stat -c %a a/two; chmod -R g+w a; stat -c '%a %n' a/*; chmod 9 a 2>&1; echo $?; chmod --reference=/etc/passwd a/two; stat -c %a a/two
touch -r /etc/passwd t1; touch -a -d @100 t1; touch -m -d @200 t1; stat -c '%X %Y' t1; touch -c nothing; ls nothing; test t1 -ot /etc/passwd && echo older; [ a/two -ef a/hard ] && echo "the same file"; [ -p a/fifo ] && [ -L a/link ] && [ -u a/two ] || echo "no longer set-uid"
mktemp -u XXXXXX | wc -c; mktemp -d xXXXX | wc -c; mktemp /no/XXXX; echo $?; install -D -m 640 a/two deep/er/inst; stat -c '%a %s' deep/er/inst; mkdir a 2>&1; mkdir -m 700 m; stat -c %a m; mkdir nowhere/x; echo $?
shred -u -n 1 a/hard; ls a; sync; pathchk "$(printf '%0300d' 1)"; echo $?; touch "$(printf '%0256d' 1)"; echo $?; rm -rf t????; tty; echo $?; touch 'a name with spaces' "$(printf 'tab\there')"; ls -b *' '* tab*; ls -Q a*
