/* A local call leaves nothing behind in a thread. */
#pragma once

struct ipc_thread {
};
