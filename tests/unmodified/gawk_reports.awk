#!/usr/bin/gawk -f
# packages: gawk dash coreutils
# awk: records and fields, arrays, patterns, functions, pipes to and from other programs.
function factorial(n) { return n < 2 ? 1 : n * factorial(n - 1) }
function join(array, n, separator,   i, text) {
	for (i = 1; i <= n; i++) text = text (i > 1 ? separator : "") array[i]
	return text
}
BEGIN {
	print factorial(10), 2 ^ 0.5, int(-3.7), substr("kernel", 2, 3), index("microkernel", "kernel"), length("word")
	printf "%s|%5d|%-5d|%05.1f|%x|%c|%e\n", "s", 42, 42, 3.14159, 255, 65, 12345.678
	n = split("c,a,b", parts, ","); print n, join(parts, n, "-"); n = asort(parts); print join(parts, n, "-")
	text = "one two two three"; print gsub(/two/, "2", text), text; print gensub(/([a-z]+) 2/, "<\\1>", 1, text), toupper(text)
	if (match("foo123bar", /[0-9]+/)) print RSTART, RLENGTH, substr("foo123bar", RSTART, RLENGTH)
	for (i = 1; i <= 1000; i++) print i, i % 7, "name" i % 3 > "data"
	close("data")
	while ((getline line < "data") > 0) { split(line, f, " "); sum[f[3]] += f[1]; count[f[2]]++ }
	PROCINFO["sorted_in"] = "@ind_str_asc"
	for (name in sum) print name, sum[name]
	for (k in count) printf "%s:%d ", k, count[k]; print ""
	"echo from a command" | getline answer; close("echo from a command"); print answer
	for (i = 3; i > 0; i--) print i | "sort -n"; print close("sort -n")
	print system("exit 3"), system("kill -TERM $$")
	command = "cat"; print "to a coprocess" |& command; close(command, "to"); command |& getline back; print back, close(command)
	print strtonum("0xff"), and(12, 10), or(12, 10), xor(12, 10), lshift(1, 10), strftime("%Y-%m-%d", 86400, 1), mktime("2001 09 09 01 46 40")
	print ENVIRON["HOME"], length(ENVIRON["NOTHING"]), ARGC, (getline x < "/no/such/file"), ("b" in sum), tolower("ÄB")
	RS = ""; FS = "\n"; printf "a\nb\n\nc\nd\n" > "paragraphs"; close("paragraphs")
	while ((getline < "paragraphs") > 0) print NF ": " $1 "+" $2
	delete sum; print length(sum); switch (7 % 4) { case 3: print "three"; break; default: print "other" }
	multi[1][2] = 3; print multi[1][2], isarray(multi), typeof(1), typeof("a"), typeof(unset), PROCINFO["uid"]
	print substr("hello", 0), substr("hello", -1, 3), 1e6, 1000000 * 1000000, 0.1 + 0.2, 100 / 3; OFMT = "%.2f"; print 3.14159
	exit 0
}
