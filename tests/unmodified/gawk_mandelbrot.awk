#!/usr/bin/gawk -f
# packages: gawk
# Floating point, for a while.
BEGIN {
	for (y = -12; y <= 12; y++) {
		line = ""
		for (x = -40; x <= 20; x++) {
			a = b = 0; ca = x / 20; cb = y / 10
			for (i = 0; i < 60; i++) {
				t = a * a - b * b + ca; b = 2 * a * b + cb; a = t
				if (a * a + b * b > 4) break
			}
			line = line substr(" .:-=+*#%@", int(i / 6.01) + 1, 1)
		}
		print line
	}
	printf "%.15f %.15f %.15f %.15f\n", sin(1), cos(1), exp(1), log(10)
}
