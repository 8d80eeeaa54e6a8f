#!/usr/bin/lua5.4
-- packages: lua5.4
-- A program that needs memory and time: primes below a hundred thousand, and a matrix.
local limit, primes = 100000, {}
local sieve = {}
for i = 2, limit do
	if not sieve[i] then
		primes[#primes + 1] = i
		for j = i * i, limit, i do sieve[j] = true end
	end
end
print(#primes, primes[#primes])
local n, a, b = 40, {}, {}
for i = 1, n do a[i], b[i] = {}, {} for j = 1, n do a[i][j], b[i][j] = i + j, i - j + 0.5 end end
local trace = 0
for i = 1, n do for j = 1, n do local s = 0 for k = 1, n do s = s + a[i][k] * b[k][j] end if i == j then trace = trace + s end end end
print(trace)
local words = {} for i = 1, 5000 do words[i] = tostring((i * 7919) % 10007) end
table.sort(words) print(words[1], words[2500], words[5000])
