#!/bin/dash
# packages: dash openssl coreutils diffutils
seq 10000 > n; openssl dgst -sha256 n; openssl enc -aes-256-cbc -pbkdf2 -k secret -in n -out e; openssl enc -d -aes-256-cbc -pbkdf2 -k secret -in e | cmp - n && echo same; openssl rand -hex 8 | wc -c; openssl genpkey -algorithm ed25519 -out k && openssl pkey -in k -pubout | head -1; openssl version | cut -c1-9
