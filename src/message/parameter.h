/* Parameters: those of Content-Type and Content-Disposition, with RFC 2231 continuations and
 * character sets. A flood is cut: the first MESSAGE_MAX_PARAMS segments count. The object holds
 * copies; release it. */
#ifndef CV_MESSAGE_PARAMETER_H
#define CV_MESSAGE_PARAMETER_H

#include "base/buffer.h"

enum { MESSAGE_MAX_PARAMS = 128, MESSAGE_MAX_PARAM_BYTES = 64 * 1024 };

typedef struct {
    guint32 name, name_n;   /* lower case, without "*" and section; place in text */
    guint32 value, value_n; /* unquoted, not yet percent-decoded */
    gint16 section;         /* RFC 2231 3; -1: none */
    gboolean extended;      /* RFC 2231 4: percent-encoded */
} MessageParam;

typedef struct {
    Buffer text;
    guint count;
    MessageParam item[MESSAGE_MAX_PARAMS];
} MessageParams;

/* `value` is what follows the type or disposition, from its ";" on. */
void message_params_parse(MessageParams *params, Bytes value);
void message_params_release(MessageParams *params);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MessageParams, message_params_release)

/* The first plain value of this name (boundary, charset), as it stands. */
gboolean message_params_find(const MessageParams *params, const char *name, Bytes *value);
/* The value of this name as UTF-8: continuations joined, RFC 2231 decoded (preferred), else RFC
 * 2047 or raw 8-bit text decoded. NULL when absent; g_free. */
char *message_params_text(const MessageParams *params, const char *name);

/* IMAP body-fld-param: a parenthesised list or NIL. Continuations are joined; where RFC 2231
 * encoding was used the name keeps its "*" and the value its encoding, for the client to decode. */
gboolean message_params_write(const MessageParams *params, Buffer *out);

/* A field such as `text/plain; charset=x` or `attachment; filename=y` cut into its words, as they
 * stand (at most 127 bytes each): two when a slash parts them (else the second is empty), and the
 * rest from ";" on. FALSE when the field does not begin with a token. Views of `value`. */
typedef struct {
    Bytes first, second, rest;
} MessageTypeField;
gboolean message_type_split(Bytes value, MessageTypeField *out);

#endif
