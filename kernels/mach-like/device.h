/* Devices by number: the kernel objects of device ports. */
#pragma once

#include <task.h>

#define DEVICE_CONSOLE 1u
#define DEVICE_RESULTS 2u /* the debug console: results leave through it */
#define DEVICE_DISK    3u
