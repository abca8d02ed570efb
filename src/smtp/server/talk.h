/* A talk with the SMTP server for its tests: text in, answers out, and what lies below the server
 * is played (fake.h). Every function fails the test when the answer is another. */
#ifndef CV_SMTP_SERVER_TALK_H
#define CV_SMTP_SERVER_TALK_H

#include "net/memory.h"
#include "smtp/server/fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    Fake *fake;
    NetSession *session;
} Talk;

void begin(Talk *t, SmtpDoor door, const NetMemoryOptions *options);
/* At port 25, after HELO. */
void begin_mx(Talk *t);
/* A signed-in submission by anh@bn.vn. */
void begin_submission(Talk *t);
/* Nothing may be left open. */
void end(Talk *t);

/* Sends the text; returns everything that was answered since the last call (g_free). */
char *ask(Talk *t, const char *text);
/* Each line of expected is the beginning of the answer's line at its place. */
void expect(Talk *t, const char *text, const char *expected);

#define OPENING "MAIL FROM:<x@y.vn>\r\nRCPT TO:<anh@bn.vn>\r\nDATA\r\n"
#define OPENED  "250 2.1.0\n250 2.1.5\n354\n"

#endif
