/* Address: the address lists of From, To, Cc and the like (RFC 5322 3.4 with its obsolete forms,
 * RFC 6532), read generously: any bytes give some list, in linear time. Views point into the
 * parser's scratch and are good until the next call; they never hold CR, LF or NUL. Any thread. */
#ifndef CV_MESSAGE_ADDRESS_H
#define CV_MESSAGE_ADDRESS_H

#include "base/buffer.h"

typedef enum {
    MESSAGE_ADDRESS_MAILBOX,
    MESSAGE_ADDRESS_GROUP_START, /* name is the group's */
    MESSAGE_ADDRESS_GROUP_END,
} MessageAddressKind;

typedef struct {
    MessageAddressKind kind;
    Bytes name;    /* display name, or the comment after a bare address; RFC 2047 not decoded */
    Bytes route;   /* RFC 5322 4.4: "@a,@b" of "<@a,@b:c@d>"; mostly empty */
    Bytes mailbox; /* local part without its quotes; may be empty */
    Bytes host;    /* domain or [literal]; empty when there is none */
} MessageAddress;

typedef struct {
    Reader in;
    Buffer text;     /* name or local part while it is read, then route and host */
    Buffer comment;  /* the last comment seen in this address */
    gsize word;      /* where the last word of text began */
    gboolean any;    /* a word was read */
    gboolean spaced; /* blanks or a comment came since the last word */
    gboolean in_group;
} MessageAddressParser;

void message_address_parser_init(MessageAddressParser *parser, Bytes value);
void message_address_parser_release(MessageAddressParser *parser);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MessageAddressParser, message_address_parser_release)
/* The next element; FALSE at the end (a group that was left open is closed first). */
gboolean message_address_next(MessageAddressParser *parser, MessageAddress *out);

#endif
