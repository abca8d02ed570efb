/* Whole sessions: the first byte chooses the door and what is played below, the rest is what the
 * client sends, cut into pieces at byte 0xfe. A message that comes out must have been ended by
 * CRLF.CRLF or by BDAT, which the invariants below see as: no bare CR or LF, no NUL. */
#include "base/crypto.h"
#include "base/log.h"
#include "net/memory.h"
#include "smtp/server/fake.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    crypto_init();
    log_open("/dev/null", NULL);
    log_set_level(LOG_LEVEL_ERROR);
    return 0;
}

static void check_message(const FakeMessage *m) {
    for (gsize i = 0; m->content != NULL && i < m->size; i++) {
        gboolean cr = m->content[i] == '\r', lf = m->content[i] == '\n';
        if (m->content[i] == '\0' || (cr && m->content[i + 1] != '\n') ||
            (lf && (i == 0 || m->content[i - 1] != '\r')))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    if (size == 0)
        return 0;
    Fake *fake = fake_new((SmtpDoor)(data[0] % 3));
    fake->delivery = data[0] & 0x10 ? FAKE_LATER : FAKE_AT_ONCE;
    fake->auth = data[0] & 0x20 ? FAKE_LATER : FAKE_AT_ONCE;
    fake->service.options.size_maximum = 5000;
    fake->service.options.text_line_maximum = 900;
    NetMemoryOptions options = {.secure = (data[0] & 0x40) != 0};
    NetSession *session =
        net_memory_new(smtp_protocol(fake->service.door), &fake->service, &options);
    Reader r = reader_of(bytes_of(data + 1, size - 1));
    if (data[0] & 0x80) {
        net_memory_feed(session,
                        BYTES_LITERAL("EHLO a\r\nAUTH PLAIN AGFuaEBibi52bgBtYXQta2hhdQ==\r\n"
                                      "MAIL FROM:<anh@bn.vn>\r\nRCPT TO:<anh@bn.vn>\r\n"));
    }
    while (!net_memory_closed(session) && !reader_done(&r)) {
        Bytes piece;
        if (reader_until(&r, 0xfe, &piece))
            r.at++;
        else {
            piece = reader_rest(&r);
            r.at = r.end;
        }
        net_memory_feed(session, piece);
        if (fake->waiting != NULL)
            fake_deliver(fake);
        if (fake->attempt != NULL)
            fake_authenticate(fake);
        net_memory_run(session);
    }
    for (guint i = 0; i < fake->messages->len; i++)
        check_message(fake->messages->pdata[i]);
    net_memory_free(session);
    if (fake->open != 0)
        abort();
    fake_free(fake);
    return 0;
}
