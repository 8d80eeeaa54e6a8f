#!/bin/dash
# packages: dash coreutils grep tmux ncurses-base ncurses-bin libc-bin expect tcl-expect libtcl8.6
# Programs at terminals of their own: a multiplexer whose windows are pseudo-terminals, and a script that talks to programs as a person does.
export HOME=$PWD TERM=xterm LANG=C.UTF-8 TMUX_TMPDIR=$PWD
mux() { tmux -L here "$@"; }
shown() { tries=0; until mux capture-pane -p -t 0 | grep -qx "$1"; do sleep 0.1; tries=$((tries + 1)); [ $tries -lt 600 ] || { echo "never shown: $1"; break; }; done; }

mux -f /dev/null new-session -d -x 60 -y 12 'exec dash -i'
mux send-keys 'PS1=; clear; stty size; echo $((6*7))' Enter; shown 42
mux capture-pane -p -t 0 | grep -v PS1
mux split-window -h 'exec sleep 1000'
mux list-panes -F '#{pane_width}x#{pane_height} #{pane_active}'
mux send-keys -t 0 'clear; stty size; echo again' Enter; shown again
mux capture-pane -p -t 0 | grep -x '[0-9]* [0-9]*'
mux send-keys -t 0 'sleep 1000' Enter; until mux display -p -t 0 '#{pane_current_command}' | grep -qx sleep; do sleep 0.1; done
mux send-keys -t 0 C-c; mux send-keys -t 0 'echo status $?' Enter; shown 'status 130' && echo interrupted
mux kill-session; mux list-sessions 2>&1 | grep -cE 'no server|exited unexpectedly'

cat > talk.exp <<'X'
set timeout 20
spawn -noecho sh -c {stty -echo; printf "name? "; read n; stty echo; echo "hello $n"; exit 3}
expect "name?"; send "bob\r"; expect -re {hello (\w+)}; puts "\nfound $expect_out(1,string)"; expect eof; puts [lindex [wait] 3]
X
expect talk.exp | tr -d '\r'
