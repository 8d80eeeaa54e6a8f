/* volume: the file system of message queues. */
#pragma once

struct volume_type;

extern const struct volume_type mqueue_type;
/* No queue has been asked for yet. */
void mqueue_init(void);
