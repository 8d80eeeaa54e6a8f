#!/bin/dash
# packages: dash sqlite3 coreutils
# A database file: tables, indexes, transactions, a journal, a dump and a recovery from it.
sqlite3 data.db <<'SQL'
CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born INTEGER CHECK(born > 1000));
CREATE TABLE works(id INTEGER PRIMARY KEY, author REFERENCES people(id) ON DELETE CASCADE, title TEXT, year INT);
INSERT INTO people(name, born) VALUES ('Ritchie', 1941), ('Thompson', 1943), ('Tanenbaum', 1944), ('Liedtke', 1953);
INSERT INTO works(author, title, year) VALUES (1, 'The C Programming Language', 1978), (2, 'Regular Expression Search', 1968), (3, 'MINIX', 1987), (4, 'On µ-Kernel Construction', 1995);
CREATE INDEX by_year ON works(year);
.headers on
.mode column
SELECT name, title, year - born AS age FROM people JOIN works ON people.id = author ORDER BY age;
.mode csv
SELECT count(*), avg(year), group_concat(title, '; ') FROM works;
EXPLAIN QUERY PLAN SELECT * FROM works WHERE year > 1980;
SQL
sqlite3 data.db "BEGIN; DELETE FROM works; ROLLBACK; SELECT count(*) FROM works;"
sqlite3 data.db "INSERT INTO people(name, born) VALUES ('Thompson', 1943);"; echo "unique: $?"
sqlite3 data.db "INSERT INTO people(name, born) VALUES ('Nobody', 3);"; echo "check: $?"
sqlite3 data.db "SELECT * FROM nothing;"; echo "missing: $?"
sqlite3 data.db "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 5000) INSERT INTO works(author, title, year) SELECT 1 + x % 4, 'w' || x, 1900 + x % 120 FROM c; SELECT count(*), sum(year) FROM works; SELECT year, count(*) FROM works GROUP BY year ORDER BY 2 DESC, 1 LIMIT 3;"
for mode in delete truncate persist memory wal; do
	sqlite3 data.db "PRAGMA journal_mode = $mode; BEGIN; UPDATE works SET year = year + 1 WHERE id % 2; COMMIT; SELECT sum(year) FROM works;"
done
ls data.db*; sqlite3 data.db "PRAGMA integrity_check; PRAGMA page_count; VACUUM; PRAGMA page_count; PRAGMA journal_mode = delete;"
sqlite3 data.db .dump > dump.sql; wc -l dump.sql; sqlite3 copy.db < dump.sql; sqlite3 copy.db "SELECT count(*) FROM works;"
sqlite3 copy.db ".schema works" "SELECT sqlite_version() > '3';" "SELECT hex(title), length(title), upper(title) FROM works WHERE id = 4;"
sqlite3 data.db "ATTACH 'copy.db' AS other; SELECT count(*) FROM main.works AS a JOIN other.works AS b USING (id) WHERE a.title = b.title;"
( sqlite3 data.db "BEGIN IMMEDIATE; SELECT 'held';" ".shell sleep 0.3" "COMMIT;" ) & sleep 0.1
sqlite3 data.db "BEGIN IMMEDIATE; SELECT 'not reached';"; echo "locked: $?"
sqlite3 -cmd ".timeout 2000" data.db "BEGIN IMMEDIATE; SELECT 'after waiting'; COMMIT;"; wait
sqlite3 data.db "CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('the quick brown fox'), ('lazy dogs'); SELECT body FROM f WHERE f MATCH 'quick OR dogs' ORDER BY rowid;"
sqlite3 data.db "SELECT json_extract('{\"a\": [1, 2, {\"b\": 3}]}', '\$.a[2].b'), strftime('%Y', 86400 * 366, 'unixepoch'), printf('%08.3f', 3.14159), abs(-5) % 3, round(2.5);"
head -c 16 data.db; echo; sqlite3 /no/such/folder/x.db "CREATE TABLE t(x);"; echo "no folder: $?"
echo "this is no database, and it is long enough to be looked at as one, is it not?" > bad.db; sqlite3 bad.db "SELECT 1 FROM t;"; echo "not a database: $?"
