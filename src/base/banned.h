/* Force-included before every file: functions that lose track of a length, keep hidden state, or
 * run a shell do not compile. Each pragma names, beside it, what to use. */
#ifndef CV_BASE_BANNED_H
#define CV_BASE_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Macros where the C library checks sizes and the compiler is Clang. */
#undef sprintf
#undef vsprintf

#pragma GCC poison gets             /* Reader, g_data_input... : nothing reads unbounded lines */
#pragma GCC poison strcpy strncpy   /* g_strlcpy, g_strdup, Buffer */
#pragma GCC poison strcat strncat   /* Buffer, g_strconcat */
#pragma GCC poison sprintf vsprintf /* g_snprintf, buffer_printf, g_strdup_printf */
#pragma GCC poison strtok           /* Reader, g_strsplit */
#pragma GCC poison atoi atol        /* bytes_parse_u64, g_ascii_string_to_unsigned */
#pragma GCC poison localtime gmtime /* clock_civil, g_date_time_* */

/* Not poisoned, because these are parameters' names too (OpenSSL's, store's): a call is the error.
 * (Clang takes the attribute on a first declaration only; GCC's build decides.) */
#ifndef __clang__
int rand(void) __attribute__((error("use crypto_random")));
void srand(unsigned seed) __attribute__((error("use crypto_random")));
int system(const char *command) __attribute__((error("use g_subprocess_*: no shell in between")));
FILE *popen(const char *command, const char *type)
    __attribute__((error("use g_subprocess_*: no shell in between")));
#endif

#endif
