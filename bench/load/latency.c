/* How long a delivered message takes to be announced to a reader.
 *
 *   latency smtp|lmtp HOST PORT IMAPHOST IMAPPORT USER ADDRESS PASSWORD COUNT GAP_MS
 *
 * A reader holds IDLE on INBOX; a sender delivers COUNT messages, one each GAP_MS, over one
 * connection. Prints one latency in seconds a line: from the final dot to the reader's EXISTS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"

static void wait_exists(Conn *reader) {
    for (;;) {
        const char *line = conn_line(reader);
        size_t n = strlen(line);
        if (n > 7 && strcmp(line + n - 7, " EXISTS") == 0)
            return;
    }
}

static void send_message(Conn *sender, const char *address, int number) {
    conn_printf(sender, "MAIL FROM:<bench@example.org>\r\n");
    conn_reply(sender, '2');
    conn_printf(sender, "RCPT TO:<%s>\r\n", address);
    conn_reply(sender, '2');
    conn_printf(sender, "DATA\r\n");
    conn_reply(sender, '3');
    conn_printf(sender,
                "From: bench@example.org\r\nTo: %s\r\nSubject: %d\r\n"
                "Message-ID: <latency.%d.%d@example.org>\r\n\r\nhello\r\n",
                address, number, (int)getpid(), number);
}

int main(int argc, char **argv) {
    if (argc != 11)
        die("see the head of latency.c for the arguments");
    const char *address = argv[7];
    conn_target(argv[4], argv[5], false);
    Conn *reader = conn_open();
    conn_line(reader);
    conn_printf(reader, "a LOGIN \"%s\" \"%s\"\r\n", argv[6], argv[8]);
    conn_until_ok(reader, "a");
    conn_printf(reader, "b SELECT INBOX\r\n");
    conn_until_ok(reader, "b");
    conn_printf(reader, "c IDLE\r\n");
    while (conn_line(reader)[0] != '+')
        continue;

    conn_target(argv[2], argv[3], false);
    Conn *sender = conn_open();
    conn_reply(sender, '2');
    conn_printf(sender, "%s bench.example.org\r\n", strcmp(argv[1], "lmtp") == 0 ? "LHLO" : "EHLO");
    conn_reply(sender, '2');
    for (int i = 0; i < atoi(argv[9]); i++) {
        send_message(sender, address, i);
        double began = now_seconds();
        conn_printf(sender, ".\r\n");
        conn_reply(sender, '2');
        wait_exists(reader);
        printf("%.6f\n", now_seconds() - began);
        usleep((useconds_t)atoi(argv[10]) * 1000);
    }
    conn_close(sender);
    conn_close(reader);
    return 0;
}
