/* Any bytes as an mbox are read to their end; any message that is written is read back as it was.
 */
#include "moving/mbox.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static int file_of(Bytes bytes) {
    int fd = memfd_create("mbox", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes.p, bytes.n) != (gssize)bytes.n || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

static void read_any(Bytes bytes, GPtrArray *keywords, Buffer *content) {
    int fd = file_of(bytes);
    g_autoptr(Mbox) mbox = mbox_open(fd, NULL);
    MovingMessage message = {.keywords = keywords};
    if (mbox != NULL)
        while (mbox_next(mbox, content, &message, NULL) != MBOX_END)
            if (mbox_number(mbox) > bytes.n)
                abort();
    if (mbox != NULL && mbox_position(mbox) != (gint64)bytes.n)
        abort();
    close(fd);
}

static void write_and_read(Bytes bytes, GPtrArray *keywords, Buffer *content) {
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 24);
    MovingMessage written = {
        .flags = STORE_SEEN | STORE_FLAGGED, .received = 1234567, .content = bytes};
    if (!mbox_write(&out, &written) || !mbox_write(&out, &written))
        abort();
    int fd = file_of(buffer_bytes(&out));
    g_autoptr(Mbox) mbox = mbox_open(fd, NULL);
    for (int i = 0; i < 2; i++) {
        MovingMessage message = {.keywords = keywords};
        if (mbox == NULL || mbox_next(mbox, content, &message, NULL) != MBOX_MESSAGE ||
            !bytes_equal(message.content, bytes) || message.flags != written.flags ||
            message.received != written.received)
            abort();
    }
    MovingMessage message = {.keywords = keywords};
    if (mbox_next(mbox, content, &message, NULL) != MBOX_END)
        abort();
    close(fd);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    g_autoptr(GPtrArray) keywords = g_ptr_array_new_with_free_func(g_free);
    g_auto(Buffer) content;
    buffer_init(&content, MOVING_MESSAGE_BYTES);
    Bytes bytes = bytes_of(data, size);
    read_any(bytes, keywords, &content);
    write_and_read(bytes, keywords, &content);
    return 0;
}
