/* A small program with nothing but disk calls, to prove the faults shim on. Each argument is one
 * act on files below the current folder; for each a line is printed: "ok N" or the error's name.
 *
 *   create F   write F OFFSET TEXT   fill F OFFSET KIBIBYTES   append F TEXT   fsync F
 *   fdatasync F   syncdir F   rename A B   unlink F   truncate F SIZE   mkdir F   die */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static long on_file(const char *name, int flags, long (*act)(int, char **), char **words) {
    int fd = open(name, flags, 0600);
    long done = fd < 0 ? -1 : act(fd, words);
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return done;
}

static long act_nothing(int fd, char **words) {
    return 0;
}

static long act_write(int fd, char **words) {
    return pwrite(fd, words[3], strlen(words[3]), atol(words[2]));
}

static long act_fill(int fd, char **words) {
    static char block[1024];
    memset(block, 'f', sizeof block);
    off_t at = atol(words[2]);
    for (long i = 0; i < atol(words[3]); i++, at += (off_t)sizeof block)
        if (pwrite(fd, block, sizeof block, at) != (ssize_t)sizeof block)
            return -1;
    return atol(words[3]);
}

static long act_append(int fd, char **words) {
    struct iovec v[2] = {{words[2], 1}, {words[2] + 1, strlen(words[2] + 1)}};
    return writev(fd, v, 2);
}

static long act_fsync(int fd, char **words) {
    return fsync(fd);
}

static long act_fdatasync(int fd, char **words) {
    return fdatasync(fd);
}

static long act_truncate(int fd, char **words) {
    return ftruncate(fd, atol(words[2]));
}

static long act(char **w) {
    const char *what = w[0];
    if (strcmp(what, "create") == 0)
        return on_file(w[1], O_RDWR | O_CREAT, act_nothing, w);
    if (strcmp(what, "write") == 0)
        return on_file(w[1], O_RDWR, act_write, w);
    if (strcmp(what, "fill") == 0)
        return on_file(w[1], O_RDWR, act_fill, w);
    if (strcmp(what, "append") == 0)
        return on_file(w[1], O_WRONLY | O_APPEND, act_append, w);
    if (strcmp(what, "fsync") == 0)
        return on_file(w[1], O_WRONLY, act_fsync, w);
    if (strcmp(what, "fdatasync") == 0)
        return on_file(w[1], O_RDWR, act_fdatasync, w);
    if (strcmp(what, "syncdir") == 0)
        return on_file(w[1], O_RDONLY | O_DIRECTORY, act_fsync, w);
    if (strcmp(what, "truncate") == 0)
        return on_file(w[1], O_RDWR, act_truncate, w);
    if (strcmp(what, "rename") == 0)
        return rename(w[1], w[2]);
    if (strcmp(what, "unlink") == 0)
        return unlink(w[1]);
    if (strcmp(what, "mkdir") == 0)
        return mkdir(w[1], 0700);
    if (strcmp(what, "die") == 0)
        return raise(SIGKILL);
    fprintf(stderr, "unknown act %s\n", what);
    exit(2);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        char *words[5] = {NULL}, *rest = argv[i];
        for (int n = 0; n < 4 && rest != NULL; n++)
            words[n] = strsep(&rest, " ");
        long done = act(words);
        if (done < 0)
            printf("%s\n", strerrorname_np(errno));
        else
            printf("ok %ld\n", done);
        fflush(stdout);
    }
    return 0;
}
