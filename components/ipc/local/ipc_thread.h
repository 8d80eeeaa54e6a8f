/* A local call leaves nothing behind in a thread. */
#pragma once

/* Nobody works for another thread: who runs pays. */
#define IPC_DONATES 0

struct ipc_thread {
};
