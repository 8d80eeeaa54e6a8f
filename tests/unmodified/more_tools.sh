#!/bin/dash
# packages: dash coreutils findutils diffutils jq ed cpio rsync tcl8.6 libtcl8.6
# jq, ed, cpio, rsync (two processes and a socket pair), Tcl (its event loop, its pipes).
export HOME=$PWD
seq 1 2000 | jq -s 'map(select(. % 7 == 0)) | add'
echo '{"a":[{"b":1},{"b":2.5e3}],"c":"\u00e9"}' | jq -c '.a[] | {c: (.b * 2)}, keys'
seq 200 > f; printf '5,10d\n,s/1/one/g\n1,12p\n/199/\nw\nq\n' | ed -s f; sha256sum f
mkdir -p d/e; seq 10 > d/e/x; ln -s x d/e/l; ln d/e/x d/h; mkfifo d/p
find d | sort | cpio -o -H newc --quiet > a.cpio; cpio -t --quiet < a.cpio; mkdir out; (cd out && cpio -i -d --quiet < ../a.cpio); diff -r d/e out/d/e && stat -c '%h %F' out/d/h out/d/p
rsync -a --exclude=p d/ copy/; diff -r -x p d copy && echo same; echo more >> d/e/x; rm d/h; rsync -ai --delete --exclude=p d/ copy/ | cut -c1-9 | sort; diff -r -x p d copy && echo same again
cat > t.tcl <<'T'
proc fib n {expr {$n < 2 ? $n : [fib [expr {$n - 1}]] + [fib [expr {$n - 2}]]}}
puts "[info tclversion] [fib 15] [expr {2 ** 100}]"
set f [open "|tr a-z A-Z" r+]; puts $f "through a pipe"; close $f write; puts [gets $f]; close $f
set lines {}
proc line f { if {[gets $f l] >= 0} { lappend ::lines $l } elseif {[eof $f]} { close $f; set ::done 1 } }
set g [open "|sh -c {for i in 1 2 3; do echo line \$i; done}" r]; fconfigure $g -blocking 0; fileevent $g readable [list line $g]
after 60000 {set ::done late}; vwait done; puts "$done $lines"
puts [catch {exec sh -c {echo out; exit 4}} said options]; puts "$said [lindex [dict get $options -errorcode] 2]"
puts [lsort [glob *]]
T
tclsh8.6 t.tcl
