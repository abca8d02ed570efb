/* Instance: one open data directory with everything in it, for `serve` and for every command that
 * runs while no server does.
 *
 *   DIR/congvu.conf   settings            DIR/mail.db    mailboxes, messages, queue
 *   DIR/tls/          certificate, key    DIR/admin.db   units, people, accounts, audit
 *   DIR/blob/         large messages      DIR/lock       held by whoever has it open
 *   DIR/seal.key      opens the sealed columns of admin.db
 *   DIR/congvu.sock   commands to the running server
 *                     DIR/search.db  the search index, which can be thrown away */
#ifndef CV_SERVE_INSTANCE_H
#define CV_SERVE_INSTANCE_H

#include "auth/auth.h"
#include "delivery/delivery.h"
#include "directory/directory.h"
#include "serve/config.h"
#include "serve/indexer.h"
#include "store/store.h"

typedef struct Stops Stops; /* stops.h */

typedef struct {
    char *path; /* absolute */
    int lock_fd;
    Config *config;
    Regulation *regulation; /* use instance_regulation from other threads */
    GMutex regulation_lock;
    Db *mail, *admin;
    BlobStore *blobs;
    Store *store;
    Directory *directory;
    Delivery *delivery;
    Auth *auth;             /* only while serving, else NULL */
    SearchIndex *search;    /* NULL: its file could not be made; searching reads */
    Indexer *indexer;       /* only while serving, else NULL */
    Stops *stops;           /* the same */
    GThreadPool *incidents; /* the same: incidents.h */
} Instance;

/* Opens DIR and takes its lock. Errors: NOT_FOUND (no such installation), BUSY (another process has
 * it; the message names its pid), INPUT (configuration or regulation, with file and line), STORAGE,
 * CORRUPT. Accounts that the store lacks are made, delegations applied again (both idempotent). */
Instance *instance_open(const char *path, GError **error);
/* The same in two steps, for `serve`, which binds its doors in between: the lock first, so that a
 * second server is told who is there. One process for each directory: the lock is the kernel's and
 * ends with the process however that ends; the pid inside is only for the message. */
int instance_lock(const char *path, GError **error); /* -1: BUSY, STORAGE */
/* Takes over lock_fd in any case. */
Instance *instance_open_locked(const char *path, int lock_fd, GError **error);
void instance_close(Instance *instance);
/* Waits until no writer works any more on what was asked for before. */
void instance_settle(Instance *instance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Instance, instance_close)

/* Makes a new installation: EXISTS when there is one. regulation NULL: the shipped default.
 * Leaves configuration, certificate and empty databases; accounts are the caller's work. */
gboolean instance_create(const char *path, const char *domain, const char *regulation,
                         gint64 port_offset, GError **error);

/* Reads settings and regulation, and looks for what they name (certificate and key, user, folder of
 * the log), without opening or locking the data: `check`. */
gboolean instance_check(const char *path, GError **error);

/* The regulation that the settings name, without opening the data; NULL when they are wrong. */
Regulation *instance_look(const char *path);

/* The regulation in force; a reference of the caller's. */
Regulation *instance_regulation(Instance *instance);
/* Reads configuration and regulation again: what can change without a restart changes; on an error
 * everything stays as it was. */
gboolean instance_reload(Instance *instance, GError **error);
/* Brings the store in step with what the directory has marked as pending (accounts, quotas,
 * delegations): after each command that changed the directory, and at every opening. */
gboolean instance_apply_pending(Instance *instance, GError **error);
/* A path inside the data directory, or `relative` itself when it is absolute; g_free. */
char *instance_file(const Instance *instance, const char *relative);

#endif
