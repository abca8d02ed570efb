/* The calls that tests/faults/shim.c stands in for; included by it once. Each takes the lock, asks
 * decide(), does the real call and notes what it changed. */

/* clang-format off */
#define LOCKED __attribute__((cleanup(unlock))) int locked = (pthread_mutex_lock(&lock), 0)
/* clang-format on */

static void unlock(int *unused) {
    pthread_mutex_unlock(&lock);
}

static int fail(int error) {
    errno = error;
    return -1;
}

typedef ssize_t (*Write)(int, const void *, size_t, off_t);

static ssize_t write_here(int fd, const void *p, size_t n, off_t at) {
    return REAL(write)(fd, p, n);
}

static ssize_t write_there(int fd, const void *p, size_t n, off_t at) {
    return REAL(pwrite)(fd, p, n, at);
}

/* at < 0: at the file's position. */
static ssize_t watched_write(int fd, const void *p, size_t n, off_t at) {
    Write call = at < 0 ? write_here : write_there;
    LOCKED;
    Inode *inode = inode_of(fd);
    if (inode == NULL)
        return call(fd, p, n, at);
    bool shorten = false;
    int error = decide(CALL_WRITE, fd, NULL, &shorten);
    if (error != 0 && !(shorten && n > 1))
        return fail(error);
    ssize_t done = call(fd, p, shorten ? n / 2 : n, at);
    off_t end = at < 0 ? lseek(fd, 0, SEEK_CUR) : at + done;
    note_write(inode, end - done, done);
    if (shadow != NULL && (fcntl(fd, F_GETFL) & O_DSYNC) != 0)
        flush_file(fd, inode);
    return done;
}

ssize_t write(int fd, const void *p, size_t n) {
    return control == NULL ? REAL(write)(fd, p, n) : watched_write(fd, p, n, -1);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at) {
    return control == NULL ? REAL(pwrite)(fd, p, n, at) : watched_write(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) {
    return pwrite(fd, p, n, at);
}

/* The pieces one by one: a short answer is allowed, and callers must cope with it. */
static ssize_t watched_writev(int fd, const struct iovec *v, int count, off_t at) {
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        if (v[i].iov_len == 0)
            continue;
        ssize_t n = watched_write(fd, v[i].iov_base, v[i].iov_len, at < 0 ? -1 : at + all);
        if (n < 0)
            return all > 0 ? all : n;
        all += n;
        if ((size_t)n < v[i].iov_len)
            break;
    }
    return all;
}

static bool is_watched_file(int fd) {
    LOCKED;
    return inode_of(fd) != NULL;
}

ssize_t writev(int fd, const struct iovec *v, int count) {
    return control == NULL || !is_watched_file(fd) ? REAL(writev)(fd, v, count)
                                                   : watched_writev(fd, v, count, -1);
}

ssize_t pwritev(int fd, const struct iovec *v, int count, off_t at) {
    return control == NULL || !is_watched_file(fd) ? REAL(pwritev)(fd, v, count, at)
                                                   : watched_writev(fd, v, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *v, int count, off64_t at) {
    return pwritev(fd, v, count, at);
}

/* With a picture the real disk need not be flushed: the picture decides what is there. */
static int flush(int fd, int (*call)(int)) {
    char path[PATH_MAX];
    struct stat st;
    if (control == NULL)
        return call(fd);
    LOCKED;
    Inode *inode = inode_of(fd);
    bool folder = inode == NULL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && path_of(fd, path);
    if (inode == NULL && !folder)
        return call(fd);
    int error = decide(CALL_FLUSH, fd, NULL, NULL);
    if (error != 0)
        return fail(error);
    if (control->lie != 0)
        return 0;
    if (shadow == NULL)
        return call(fd);
    if (folder)
        flush_folder(path);
    else
        flush_file(fd, inode);
    return 0;
}

int fsync(int fd) {
    return flush(fd, REAL(fsync));
}

int fdatasync(int fd) {
    return flush(fd, REAL(fdatasync));
}

int ftruncate(int fd, off_t size) {
    if (control == NULL)
        return REAL(ftruncate)(fd, size);
    LOCKED;
    Inode *inode = inode_of(fd);
    int error = inode == NULL ? 0 : decide(CALL_TRUNCATE, fd, NULL, NULL);
    if (error != 0)
        return fail(error);
    int done = REAL(ftruncate)(fd, size);
    if (done == 0 && inode != NULL)
        note_size(inode, size);
    return done;
}

int ftruncate64(int fd, off64_t size) {
    return ftruncate(fd, size);
}

/* Whether a path's last name is about to go, and which file it was. */
static bool last_name(const char *path, ino_t *number) {
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)
        return false;
    *number = st.st_ino;
    return true;
}

int unlinkat(int folder, const char *name, int flags) {
    char path[PATH_MAX];
    ino_t number = 0;
    if (control == NULL || flags != 0 || !path_at(folder, name, path))
        return REAL(unlinkat)(folder, name, flags);
    LOCKED;
    int error = decide(CALL_UNLINK, -1, path, NULL);
    if (error != 0)
        return fail(error);
    bool last = last_name(path, &number);
    int done = REAL(unlinkat)(folder, name, flags);
    if (done == 0 && last)
        forget_inode(number);
    return done;
}

int unlink(const char *name) {
    return unlinkat(AT_FDCWD, name, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    char path[PATH_MAX];
    struct stat before, after;
    ino_t number = 0;
    if (control == NULL || !path_at(to_folder, to, path))
        return REAL(renameat)(from_folder, from, to_folder, to);
    LOCKED;
    int error = decide(CALL_RENAME, -1, path, NULL);
    if (error != 0)
        return fail(error);
    bool last = last_name(path, &number);
    bool same = fstatat(from_folder, from, &before, 0) == 0 && lstat(path, &after) == 0 &&
                before.st_ino == after.st_ino;
    int done = REAL(renameat)(from_folder, from, to_folder, to);
    if (done == 0 && last && !same)
        forget_inode(number);
    return done;
}

int rename(const char *from, const char *to) {
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* Opening counts when it makes a file or empties one. */
static int watched_open(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    struct stat st;
    if (control == NULL || (flags & (O_CREAT | O_TRUNC)) == 0 || !path_at(folder, name, path))
        return REAL(openat)(folder, name, flags, mode);
    LOCKED;
    bool new = lstat(path, &st) != 0;
    int error = new || (flags & O_TRUNC) != 0 ? decide(CALL_CREATE, -1, path, NULL) : 0;
    if (error != 0)
        return fail(error);
    int fd = REAL(openat)(folder, name, flags, mode);
    Inode *inode = fd < 0 ? NULL : inode_of(fd);
    if (inode != NULL && !new && (flags & O_TRUNC) != 0)
        note_size(inode, 0);
    return fd;
}

#define OPEN(name, first, folder)                                                                  \
    int name(first const char *path, int flags, ...) {                                             \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;             \
        va_end(rest);                                                                              \
        return watched_open(folder, path, flags, mode);                                            \
    }

#define NOTHING
#define FOLDER int at,
OPEN(open, NOTHING, AT_FDCWD)
OPEN(open64, NOTHING, AT_FDCWD)
OPEN(openat, FOLDER, at)
OPEN(openat64, FOLDER, at)

/* What fortified callers get instead when they pass no mode. */
int __open_2(const char *path, int flags) {
    return watched_open(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags) {
    return watched_open(AT_FDCWD, path, flags, 0);
}

int creat(const char *path, mode_t mode) {
    return watched_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* ---- Clock and housekeeping ---- */

int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = REAL(clock_gettime)(clock, now);
    if (done == 0 && control != NULL && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += control->clock;
    return done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int done = REAL(gettimeofday)(now, zone);
    if (done == 0 && control != NULL)
        now->tv_sec += control->clock;
    return done;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout) {
    static const struct timespec shortly = {.tv_nsec = 50 * 1000 * 1000};
    bool hurry = control != NULL && control->hurry != 0;
    return REAL(sigtimedwait)(set, info, hurry ? &shortly : timeout);
}
