/* A library to preload (LD_PRELOAD) that makes the disk misbehave below one directory.
 *
 * Failing: the n-th write, flush, rename … returns an error instead of being done. Which, when and
 * how stands in a page that the test maps too (shim.h), so that a running server can be armed.
 *
 * Losing power: CONGVU_FAULTS_SHADOW names a directory with a picture of the disk as it would be
 * after the power went, under tree/. A file's bytes get there by fsync or fdatasync of the file, a
 * name by fsync of its folder, and nothing in any other way: stricter than ext4, as strict as
 * POSIX. To that end every file has a twin, shadow/ino/NUMBER, that holds its flushed bytes, and a
 * flushed name in tree/ is a hard link to the twin. Power is lost either by killing the program
 * from outside or, at an exact call, by the shim itself, which then lets some unflushed writes
 * survive as a real disk may.
 *
 * The wall clock may be ahead or behind (clock), and housekeeping may be hurried (hurry).
 *
 * Limits: what stdio or mmap writes is not seen (congvu's files are written by neither; SQLite's
 * shared-memory file is, and is rebuilt by SQLite after a crash); folders are never renamed.
 * One mutex serialises everything. Not part of the program; aborts when it cannot do its work. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

#define SMALL_FILE (256 * 1024) /* flushed whole, larger ones by their dirty ranges */

typedef struct {
    off_t start, end;
} Range;

/* One watched file: what was written to it since its last flush. */
typedef struct Inode {
    struct Inode *next;
    ino_t number;
    Range *dirty;
    size_t dirty_count, dirty_room;
    off_t shrunk_to; /* the least size since the last flush, or -1 */
} Inode;

#define TABLE 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FaultControl *control;
static char watched[PATH_MAX]; /* the directory, resolved, without a slash at its end */
static size_t watched_length;
static dev_t watched_device;
static const char *shadow; /* NULL: no picture is kept */
static Inode *table[TABLE];

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

static void must(bool good, const char *what) {
    if (good)
        return;
    dprintf(2, "faults shim: %s: %s\n", what, strerror(errno));
    abort();
}

static bool is_watched_path(const char *path) {
    return strncmp(path, watched, watched_length) == 0 &&
           (path[watched_length] == '/' || path[watched_length] == 0);
}

/* The absolute path behind a descriptor; false when it is not below the watched directory. */
static bool path_of(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n <= 0)
        return false;
    path[n] = 0;
    return is_watched_path(path) && strstr(path, " (deleted)") == NULL;
}

/* An absolute form of a path that a caller gave relative to a folder's descriptor. */
static bool path_at(int folder, const char *name, char path[PATH_MAX]) {
    char base[PATH_MAX] = "";
    if (name[0] != '/') {
        char link[64];
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d",
                 folder);
        ssize_t n = readlink(link, base, sizeof base - 2);
        if (n <= 0)
            return false;
        base[n] = '/';
        base[n + 1] = 0;
    }
    return snprintf(path, PATH_MAX, "%s%s", base, name) < PATH_MAX && is_watched_path(path);
}

static void twin_of(ino_t number, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s/ino/%llu", shadow, (unsigned long long)number);
}

static void tree_of(const char *live, char path[PATH_MAX]) {
    must(snprintf(path, PATH_MAX, "%s/tree%s", shadow, live + watched_length) < PATH_MAX, live);
}

/* ---------------------------------------------------------------------------- watched files */

static Inode **slot_of(ino_t number) {
    Inode **slot = &table[number % TABLE];
    while (*slot != NULL && (*slot)->number != number)
        slot = &(*slot)->next;
    return slot;
}

/* The file behind a descriptor, or NULL when it is not one that is watched. */
static Inode *inode_of(int fd) {
    struct stat st;
    char path[PATH_MAX], twin[PATH_MAX];
    if (control == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_dev != watched_device)
        return NULL;
    Inode **slot = slot_of(st.st_ino);
    if (*slot != NULL)
        return *slot;
    if (!path_of(fd, path))
        return NULL;
    *slot = calloc(1, sizeof(Inode));
    must(*slot != NULL, "memory");
    (*slot)->number = st.st_ino;
    (*slot)->shrunk_to = -1;
    if (shadow != NULL) {
        twin_of(st.st_ino, twin);
        int made = REAL(open)(twin, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        must(made >= 0, twin);
        close(made);
    }
    return *slot;
}

/* The last name of a file went: a new file may get its number. */
static void forget_inode(ino_t number) {
    char twin[PATH_MAX];
    Inode **slot = slot_of(number);
    if (*slot != NULL) {
        Inode *gone = *slot;
        *slot = gone->next;
        free(gone->dirty);
        free(gone);
    }
    if (shadow != NULL) {
        twin_of(number, twin);
        REAL(unlink)(twin);
    }
}

static void note_write(Inode *inode, off_t start, off_t length) {
    if (shadow == NULL || length <= 0)
        return;
    if (inode->dirty_count == inode->dirty_room) {
        inode->dirty_room = inode->dirty_room == 0 ? 64 : inode->dirty_room * 2;
        inode->dirty = realloc(inode->dirty, inode->dirty_room * sizeof(Range));
        must(inode->dirty != NULL, "memory");
    }
    inode->dirty[inode->dirty_count++] = (Range){start, start + length};
}

static void note_size(Inode *inode, off_t size) {
    if (inode->shrunk_to < 0 || size < inode->shrunk_to)
        inode->shrunk_to = size;
}

/* ------------------------------------------------------------------------------- the picture */

static void copy_range(int from, int to, Range range) {
    char buffer[65536];
    while (range.start < range.end) {
        size_t want = sizeof buffer;
        if (range.end - range.start < (off_t)want)
            want = (size_t)(range.end - range.start);
        ssize_t n = pread(from, buffer, want, range.start);
        if (n <= 0)
            return; /* behind the end of the file as it is now */
        must(REAL(pwrite)(to, buffer, (size_t)n, range.start) == n, "write to the shadow");
        range.start += n;
    }
}

static void flush_file(int fd, Inode *inode) {
    struct stat st;
    char twin[PATH_MAX], self[64];
    twin_of(inode->number, twin);
    /* Closing any descriptor of a file drops the process's locks on it, so the caller's own is used
     * where it can read. */
    bool own = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int from = own ? fd : REAL(open)(self, O_RDONLY | O_CLOEXEC);
    int to = REAL(open)(twin, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    must(from >= 0 && to >= 0 && fstat(from, &st) == 0, twin);
    if (inode->shrunk_to >= 0)
        must(REAL(ftruncate)(to, inode->shrunk_to) == 0, twin);
    if (st.st_size <= SMALL_FILE)
        copy_range(from, to, (Range){0, st.st_size});
    else
        for (size_t i = 0; i < inode->dirty_count; i++)
            copy_range(from, to, inode->dirty[i]);
    must(REAL(ftruncate)(to, st.st_size) == 0, twin);
    inode->dirty_count = 0;
    inode->shrunk_to = -1;
    if (!own)
        close(from);
    close(to);
}

static void below(char path[PATH_MAX], const char *folder, const char *name) {
    must(snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX, name);
}

/* Makes the names in tree/FOLDER those that FOLDER has now. */
static void flush_folder(const char *live) {
    char tree[PATH_MAX], here[PATH_MAX], there[PATH_MAX], twin[PATH_MAX];
    struct dirent *entry;
    struct stat st, old;
    tree_of(live, tree);
    mkdir(tree, 0700);
    DIR *folder = opendir(tree);
    must(folder != NULL, tree);
    while ((entry = readdir(folder)) != NULL) {
        below(here, live, entry->d_name);
        below(there, tree, entry->d_name);
        if (entry->d_type != DT_DIR && lstat(here, &st) != 0)
            REAL(unlink)(there);
    }
    closedir(folder);
    must((folder = opendir(live)) != NULL, live);
    while ((entry = readdir(folder)) != NULL) {
        below(here, live, entry->d_name);
        below(there, tree, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            lstat(here, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            mkdir(there, 0700);
        if (!S_ISREG(st.st_mode))
            continue;
        twin_of(st.st_ino, twin);
        int made = REAL(open)(twin, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        must(made >= 0 && fstat(made, &old) == 0, twin);
        close(made);
        if (lstat(there, &st) == 0 && st.st_ino == old.st_ino)
            continue;
        REAL(unlink)(there);
        must(link(twin, there) == 0, there);
    }
    closedir(folder);
}

/* Those of a write's pages that a real disk might have written by itself. */
static void copy_some(int from, int to, Range range, unsigned *seed) {
    for (Range page = range; page.start < range.end; page.start = page.end) {
        page.end = (page.start / 4096 + 1) * 4096;
        if (page.end > range.end)
            page.end = range.end;
        if ((unsigned)rand_r(seed) % 1000 < control->survive)
            copy_range(from, to, page);
    }
}

/* Lets some unflushed writes reach the picture, in pieces of 4 KiB, then ends the program. */
static void lose_power(void) {
    char twin[PATH_MAX], path[PATH_MAX], self[64];
    unsigned seed = control->seed;
    for (int fd = 0; shadow != NULL && control->survive > 0 && fd < 1024; fd++) {
        struct stat st;
        if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !path_of(fd, path))
            continue;
        Inode *inode = *slot_of(st.st_ino);
        if (inode == NULL || inode->dirty_count == 0)
            continue;
        twin_of(inode->number, twin);
        snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
        int from = REAL(open)(self, O_RDONLY | O_CLOEXEC);
        int to = REAL(open)(twin, O_WRONLY | O_CLOEXEC);
        for (size_t i = 0; from >= 0 && to >= 0 && i < inode->dirty_count; i++)
            copy_some(from, to, inode->dirty[i], &seed);
        inode->dirty_count = 0; /* another descriptor of the same file adds nothing */
    }
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* --------------------------------------------------------------------------- count and decide */

/* Called with the lock held, before a call that matters. 0: do it; otherwise the errno to fail
 * with. *shorten is set when half of a write is to be done first. The call is about path, or, where
 * that is NULL, about fd. */
static int decide(unsigned kind, int fd, const char *path, bool *shorten) {
    char found[PATH_MAX];
    if ((control->kinds & kind) == 0)
        return 0;
    uint64_t number = ++control->calls;
    if (control->power_at != 0 && number >= control->power_at)
        lose_power();
    if (control->fail_at == 0 || number < control->fail_at ||
        (number > control->fail_at && control->sticky == 0))
        return 0;
    if (shorten != NULL && control->shorten != 0 && number == control->fail_at)
        *shorten = true;
    control->failed++;
    if (path == NULL)
        path = path_of(fd, found) ? found : "?";
    snprintf(control->path, sizeof control->path, "%.511s", path);
    return (int)control->error;
}

static int keep_first_picture(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    char tree[PATH_MAX], twin[PATH_MAX];
    if (type == FTW_F && S_ISREG(st->st_mode)) {
        tree_of(path, tree);
        twin_of(st->st_ino, twin);
        if (access(tree, F_OK) == 0)
            must(link(tree, twin) == 0, twin);
    }
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *page = getenv("CONGVU_FAULTS"), *directory = getenv("CONGVU_FAULTS_DIR");
    char ino[PATH_MAX];
    struct stat st;
    if (page == NULL || directory == NULL || realpath(directory, watched) == NULL)
        return;
    watched_length = strlen(watched);
    int fd = REAL(open)(page, O_RDWR | O_CLOEXEC);
    must(fd >= 0 && stat(watched, &st) == 0, page);
    watched_device = st.st_dev;
    void *map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(map != MAP_FAILED, page);
    close(fd);
    shadow = getenv("CONGVU_FAULTS_SHADOW");
    if (shadow != NULL) {
        snprintf(ino, sizeof ino, "%s/ino", shadow);
        if (mkdir(ino, 0700) == 0)
            nftw(watched, keep_first_picture, 16, FTW_PHYS);
    }
    control = map;
}

#include "shim_calls.h"
