/* Any bytes are an address list: groups open and close in turn, nothing holds a line end. */
#include "message/address.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n);

static void check_text(Bytes text) {
    g_assert(!bytes_has_nul(text) && bytes_find_byte(text, '\r') < 0 &&
             bytes_find_byte(text, '\n') < 0);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n) {
    g_auto(MessageAddressParser) parser;
    message_address_parser_init(&parser, bytes_of(data, n));
    MessageAddress address;
    gboolean in_group = FALSE;
    gsize count = 0;
    while (message_address_next(&parser, &address)) {
        g_assert(++count <= 2 * n + 2);
        check_text(address.name);
        check_text(address.route);
        check_text(address.mailbox);
        check_text(address.host);
        if (address.kind == MESSAGE_ADDRESS_GROUP_START) {
            g_assert(!in_group);
            in_group = TRUE;
        } else if (address.kind == MESSAGE_ADDRESS_GROUP_END) {
            g_assert(in_group);
            in_group = FALSE;
        }
    }
    g_assert(!in_group);
    return 0;
}
