/* Who a submitted message says it is from. The envelope's sender was checked at MAIL; the reader
 * sees the From field, and some programs show Sender and the Resent fields beside it, so those are
 * checked too [Điều 6.3]. Without an envelope sender only a receipt is taken: an answer to it would
 * have nobody to go to, and with one two programs could thank each other for ever (RFC 8098 3). */
#include "delivery/sender.h"

#include "message/address.h"
#include "message/header.h"
#include "message/parameter.h"

enum { ADDRESS_LIMIT = 1024, FROM_ADDRESSES_LIMIT = 100 };

static const char not_owned[] =
    "5.7.1 Địa chỉ ở trường From không thuộc tài khoản này [Điều 6.3] / "
    "An address in From, Sender or Resent does not belong to this account";

typedef struct {
    Directory *directory;
    gint64 account;
} Asker;

/* 0, or the code with *text. */
static int check_address(const Asker *asker, const MessageAddress *address, const char **text) {
    g_auto(Buffer) whole;
    buffer_init(&whole, ADDRESS_LIMIT);
    buffer_append_bytes(&whole, address->mailbox);
    buffer_append_byte(&whole, '@');
    buffer_append_bytes(&whole, address->host);
    g_autoptr(GError) error = NULL;
    gint64 as_account;
    *text = not_owned;
    if (whole.overflow || address->mailbox.n == 0 || address->host.n == 0)
        return 550;
    if (directory_may_send_as(asker->directory, asker->account, buffer_bytes(&whole), &as_account,
                              &error))
        return 0;
    if (!cv_error_is(error, CV_ERROR_STORAGE))
        return 550;
    *text = "4.3.0 The account cannot be looked up, please try again later";
    return 451;
}

/* "@" outside of quoted strings and comments. Each address has one of them: where there are more,
 * readers disagree about what the address is, and what we check is not what they show. */
static guint count_ats(Bytes value) {
    guint ats = 0, depth = 0;
    gboolean quoted = FALSE;
    for (gsize i = 0; i < value.n; i++) {
        guint8 c = value.p[i];
        if (c == '\\' && (quoted || depth > 0))
            i++;
        else if (c == '"' && depth == 0)
            quoted = !quoted;
        else if (c == '(' && !quoted)
            depth++;
        else if (c == ')' && !quoted && depth > 0)
            depth--;
        else
            ats += c == '@' && !quoted && depth == 0;
    }
    return ats;
}

static int check_list(const Asker *asker, Bytes value, guint *count, const char **text) {
    g_auto(MessageAddressParser) parser;
    message_address_parser_init(&parser, value);
    MessageAddress address;
    guint here = 0;
    while (message_address_next(&parser, &address)) {
        if (address.kind != MESSAGE_ADDRESS_MAILBOX)
            continue;
        here++;
        if (++*count > FROM_ADDRESSES_LIMIT) {
            *text = "5.6.0 Too many From addresses";
            return 554;
        }
        int code = check_address(asker, &address, text);
        if (code != 0)
            return code;
    }
    if (count_ats(value) == here)
        return 0;
    *text = "5.6.0 Trường From viết không đúng / The From field is not a list of addresses";
    return 554;
}

/* Fields that name who sends, other than From. */
static gboolean names_sender(Bytes name) {
    static const char *const names[] = {"sender", "resent-from", "resent-sender"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (bytes_is_nocase(name, names[i]))
            return TRUE;
    return FALSE;
}

/* multipart/report; report-type=disposition-notification (RFC 8098 3, RFC 6522 3) */
static gboolean is_receipt(Bytes message) {
    Bytes value, type;
    MessageTypeField field;
    if (!message_header_find(message, "Content-Type", &value) ||
        !message_type_split(value, &field) || !bytes_is_nocase(field.first, "multipart") ||
        !bytes_is_nocase(field.second, "report"))
        return FALSE;
    g_auto(MessageParams) params;
    message_params_parse(&params, field.rest);
    return message_params_find(&params, "report-type", &type) &&
           bytes_is_nocase(type, "disposition-notification");
}

int delivery_check_from(Directory *directory, gint64 account, const char *sender, Bytes message,
                        const char **text) {
    const Asker asker = {directory, account};
    if (sender[0] == '\0' && !is_receipt(message)) {
        *text = "5.7.1 Thư không ghi địa chỉ gửi [Điều 6.3]; chỉ giấy báo đã đọc được như vậy / "
                "Only a receipt may be sent without a sender's address";
        return 550;
    }
    guint fields = 0, addresses = 0, others = 0;
    MessageHeaderIter iter = message_header_iter(message);
    MessageHeaderField field;
    while (message_header_next(&iter, &field)) {
        Bytes name = bytes_strip(field.name);
        gboolean from = bytes_is_nocase(name, "from");
        if (!from && !names_sender(name))
            continue;
        fields += from;
        int code = check_list(&asker, field.value, from ? &addresses : &others, text);
        if (code != 0)
            return code;
    }
    /* RFC 5322 3.6: From occurs exactly once. A second one is how a forged name is smuggled past
     * programs that look at the first and show the last. */
    if (fields == 1 && addresses > 0)
        return 0;
    *text = "5.6.0 Thư phải có đúng một trường From / A message has exactly one From field";
    return 554;
}
