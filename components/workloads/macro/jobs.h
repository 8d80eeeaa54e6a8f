/* What a simulated user does. */
#pragma once

#include <workloads/macro/macro.h>

#define JOB_KINDS      10
#define JOBS_OF_EACH   1
#define JOBS_OF_A_USER (JOB_KINDS * JOBS_OF_EACH)

/* Where a user finds the file whose end is the sign to begin, and where it says that it is there.
 */
#define USER_GATE  50
#define USER_READY 51

/* A file that all users read. */
#define JOBS_FILE      MACRO_FOLDER "/shared"
#define JOBS_FILE_SIZE 32768

/* Every job the same number of times, in an order that depends on `seed`. */
void jobs_shuffle(unsigned char order[JOBS_OF_A_USER], uint32_t seed);

/* Job `kind` (0 … JOB_KINDS - 1) of user `number`. */
void job_do(unsigned int kind, uint32_t number);
