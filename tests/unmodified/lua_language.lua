#!/usr/bin/lua5.4
-- packages: lua5.4 coreutils
-- Lua: tables, strings, files, coroutines, closures, errors, other programs.
local function fibonacci(n) return n < 2 and n or fibonacci(n - 1) + fibonacci(n - 2) end
print(fibonacci(20), 7 // 2, 7 % -3, 2 ^ 10, 1 / 0, -1 / 0, 10 // 3.0, 0x7fffffffffffffff + 1)
print(string.format("%5.2f|%-6s|%x|%q|%a", 3.14159, "hi", 255, "a\nb", 1.0))
for word, number in ("one=1, two=2"):gmatch("(%w+)=(%w+)") do io.write(word, "->", number, "; ") end print()
print(("hello"):rep(2, "-"), ("hello"):sub(-3), ("a,b,c"):gsub(",", ";"), ("x"):byte(), utf8.char(228, 8364), utf8.len("äöü"))
local t = {5, 2, 8, 1, 9}
table.sort(t, function(a, b) return a > b end)
print(table.concat(t, " "), #t, select("#", table.unpack(t)), table.remove(t), table.concat(t, ","))
local squares = coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i * i) end end)
for i = 1, 5 do io.write(squares(), " ") end print()
local co = coroutine.create(function(a) local b = coroutine.yield(a + 1); error("inside " .. b) end)
print(coroutine.resume(co, 1)) print(coroutine.resume(co, 2)) print(coroutine.status(co))
print(select(2, pcall(error, {code = 7})).code) print(select(2, pcall(function() return nil + 1 end)))
local file = assert(io.open("lines", "w"))
for i = 1, 1000 do file:write("line ", i, "\n") end
print(file:seek("cur"), file:seek("set", 5), file:close())
local sum, count = 0, 0
for line in io.lines("lines") do sum = sum + tonumber(line:match("%d+")); count = count + 1 end
print(count, sum)
file = io.open("lines", "r+"); file:seek("end", -10); print(file:read("l")); file:write("added\n"); file:seek("set"); print(#file:read("a")); file:close()
print(io.open("/no/such/file")) print(io.open("/", "w"))
local pipe = io.popen("seq 3 | sort -r", "r"); print(pipe:read("a")); print(pipe:close())
pipe = io.popen("cat > out; exit 3", "w"); pipe:write("through a pipe\n"); print(pipe:close()); print(io.lines("out")())
print(os.execute("exit 5")) print(os.execute("kill -9 $$")) print(os.getenv("HOME"), os.getenv("NOTHING"))
print(os.rename("out", "moved"), os.remove("moved"), os.remove("moved")) print(os.date("!%Y-%m-%d %H:%M:%S", 86400), os.time({year = 2020, month = 1, day = 1, hour = 0}))
local mt = setmetatable({}, {__index = function(_, k) return k .. "!" end, __call = function(_, x) return x * 2 end, __len = function() return 42 end, __close = function() print("closed") end})
print(mt.key, mt(21), #mt) do local x <close> = mt end
local parts = {} for i = 1, 20000 do parts[#parts + 1] = i % 7 .. "" end print(#table.concat(parts))
collectgarbage() print(collectgarbage("count") > 10, math.type(1), math.type(1.0), math.maxinteger, math.ult(1, -1))
print(load("return 1 + 1")(), load("syntax error here")) print(string.pack(">I4", 0x01020304):byte(1, -1))
goto done
print("not reached")
::done:: io.stderr:write("to standard error\n") os.exit(true, true)
