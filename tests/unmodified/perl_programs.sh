#!/bin/dash
# packages: dash perl-base coreutils
# Perl as Debian ships it: text, files, processes, sockets, signals.
export LC_ALL=C
perl -e 'printf "%s %.3f %s\n", join(",", map { $_ ** 2 } 1..5), atan2(1,1)*4, scalar reverse "abc"'
seq 1000 | perl -ne '$s += $_; END { print "$s $.\n" }'
perl -e 'open(F, ">f") or die; print F "line $_\n" for 1..5; close F; open(F, "+<f"); seek(F, 5, 0); read(F, $x, 3); print $x; print -s F, " ", (stat F)[7], "\n"; rename "f", "g"; print join(" ", sort glob("*")), "\n"; unlink "g"; print -e "g" ? "there" : "gone", "\n"'
perl -e '$SIG{ALRM} = sub { print "alarm\n"; exit 3 }; alarm 1; select(undef, undef, undef, 5); print "no\n"'; echo $?
perl -e '$| = 1; pipe(R, W); if (my $p = fork) { close W; print "got: ", <R>; waitpid $p, 0; print $? >> 8, "\n" } else { close R; print W "from child\n"; exit 7 }'
perl -MSocket -e 'socketpair(A, B, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die $!; syswrite A, "hello"; sysread B, $x, 10; print "$x\n"; shutdown(A, 1); print sysread(B, $x, 1), "\n"' 2>&1
perl -e '@a = `ls -d / /tmp`; print @a; print system("exit 5") >> 8, "\n"; exec "echo", "replaced"'
perl -e 'my %h; $h{$_ % 7} .= "$_ " for 1..20; print "$_: $h{$_}\n" for sort keys %h; local $, = "-"; print sprintf("%b %o %x", 10, 64, 255), "\n"; $_ = "2026-11-20"; print "$3.$2.$1\n" if /(\d+)-(\d+)-(\d+)/; (my $t = $_) =~ tr/0-9/a-j/; print "$t\n"'
perl -e 'die "oops\n"' ; echo $?
perl -e 'kill "TERM", $$; sleep 1'; echo $?
perl -e 'opendir D, "/proc/self/fd" or die; print scalar(grep { !/^\./ } readdir D), "\n"; print $0, " ", scalar(@ARGV), "\n"' a b c
perl -e 'my @l = (1..200000); my $s = 0; $s += $_ for @l; print "$s\n"; my $big = "x" x 20_000_000; print length $big, "\n"'
