#!/bin/dash
# packages: dash coreutils sed grep redis-server redis-tools
# Redis: a server with threads at a socket, a log that a child rewrites, a snapshot, and both found again by the next server.
export HOME=$PWD
server() {
	redis-server --port 0 --unixsocket "$PWD/r.sock" --save '' --appendonly yes --daemonize yes --dir "$PWD" --logfile "$PWD/log" >/dev/null
	tries=0
	until redis-cli -s r.sock ping 2>/dev/null | grep -x PONG; do sleep 0.1; tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1; done
}
call() { redis-cli -s r.sock "$@"; }
finished() { until call info persistence | grep -q "$1:0"; do sleep 0.1; done; }

server
call set a 1; call incr a; call append a 5; call get a
seq 1 500 | sed 's/.*/rpush l &/' | call | tail -1; call lrange l 3 7; call llen l
call zadd z 3 three 1 one 2 two; call zrange z 0 -1 withscores
call hset h x 1 y 2; call hgetall h | sort
call eval 'local s = 0; for i = 1, 1000 do s = s + i end; return s' 0
printf 'multi\nincr a\nincr a\nexec\n' | call | tail -2
call bgrewriteaof; finished aof_rewrite_in_progress; call info persistence | grep -o 'aof_last_bgrewrite_status:ok'
call bgsave; finished rdb_bgsave_in_progress; call info persistence | grep -o 'rdb_last_bgsave_status:ok'
call rpush l after
call shutdown; ls -d appendonlydir dump.rdb
server
call get a; call llen l; call lindex l -1
kill -9 "$(call info server | sed -n 's/^process_id:\([0-9]*\).*/\1/p')"
server
call get a; call hget h y; call shutdown nosave; grep -c 'ready to accept' log
