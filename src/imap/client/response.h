/* Response: what another IMAP server says, as far as moving in needs it (RFC 9051 7, RFC 3501 7).
 *
 * The bytes are hostile. A response is one line of text in which each literal is only announced
 * ("{5}"), and the literals beside it in their order: response.c takes no byte from a connection.
 * Linear, nesting bounded; pure; any thread. */
#ifndef CV_IMAP_CLIENT_RESPONSE_H
#define CV_IMAP_CLIENT_RESPONSE_H

#include "base/buffer.h"

typedef enum {
    IMAP_RESPONSE_OTHER, /* well-formed enough, of no interest */
    IMAP_RESPONSE_TAGGED,
    IMAP_RESPONSE_STATUS, /* untagged OK, NO, BAD, PREAUTH, BYE */
    IMAP_RESPONSE_CONTINUE,
    IMAP_RESPONSE_CAPABILITY,
    IMAP_RESPONSE_LIST, /* LIST and LSUB */
    IMAP_RESPONSE_NAMESPACE,
    IMAP_RESPONSE_EXISTS,
    IMAP_RESPONSE_FETCH,
} ImapResponseKind;

typedef enum {
    IMAP_STATUS_OK,
    IMAP_STATUS_NO,
    IMAP_STATUS_BAD,
    IMAP_STATUS_PREAUTH,
    IMAP_STATUS_BYE,
} ImapStatus;

typedef enum {
    IMAP_LIST_NOSELECT = 1 << 0, /* \Noselect, \NonExistent */
    IMAP_LIST_SENT = 1 << 1,
    IMAP_LIST_DRAFTS = 1 << 2,
    IMAP_LIST_JUNK = 1 << 3,
    IMAP_LIST_TRASH = 1 << 4,
    IMAP_LIST_ARCHIVE = 1 << 5,
    IMAP_LIST_ALL = 1 << 6,
    IMAP_LIST_FLAGGED = 1 << 7,
} ImapListFlags;

/* Views point into the line and the literals. */
typedef struct {
    ImapResponseKind kind;
    Bytes tag;
    ImapStatus status;
    Bytes code;          /* inside the brackets, or empty */
    Bytes text;          /* behind them; of CAPABILITY the words, of NAMESPACE everything */
    guint list;          /* ImapListFlags */
    int delimiter;       /* -1: none */
    char *name;          /* of LIST, as it was sent; g_free */
    gboolean subscribed; /* it was LSUB, or says \Subscribed */
    guint32 number;
    /* FETCH */
    guint32 uid; /* 0: not told */
    guint64 size;
    gboolean has_flags, has_size, has_body;
    Bytes flags, date;
    Bytes body;
} ImapResponse;
void imap_response_clear(ImapResponse *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImapResponse, imap_response_clear)

/* FALSE: it is none. quoted: where a BODY[] that came as a quoted string is put; may be NULL. */
gboolean imap_response_parse(Bytes line, const Bytes *literals, guint count, Buffer *quoted,
                             ImapResponse *out);
/* The size at the end of a line that announces a literal ("… {12}", "{12+}", "~{12}"). */
gboolean imap_response_literal(Bytes line, guint64 *size);
/* Takes the next flag of a list without its parentheses. */
gboolean imap_response_next_flag(Reader *flags, Bytes *flag);

/* RFC 2342: of the first personal namespace; prefixes (char *) of the others'. */
typedef struct {
    char *prefix;
    GPtrArray *foreign;
} ImapNamespace;
void imap_namespace_clear(ImapNamespace *space);
gboolean imap_namespace_parse(Bytes text, const Bytes *literals, guint count, ImapNamespace *out);

#endif
