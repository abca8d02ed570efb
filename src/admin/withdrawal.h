/* Withdrawal: one message found by its Message-ID, taken back from everybody's mailbox (phishing, a
 * mistake) or frozen (a state secret), with a preview, a record and an undo [Điều 6.1, 8.1, 10.1].
 * For the interface, the command line and the housekeeping alike; store/withdraw.h does it. */
#ifndef CV_ADMIN_WITHDRAWAL_H
#define CV_ADMIN_WITHDRAWAL_H

#include "audit/audit.h"
#include "base/json.h"
#include "delivery/freeze.h"
#include "directory/directory.h"

typedef struct {
    Directory *directory;
    Store *store;
    Delivery *delivery;
} WithdrawalPlace;

/* What is found of a message before anything is done. */
typedef struct {
    char *message_id; /* "" when it was looked for by number and has none */
    GArray *blobs;    /* BlobId */
    GArray *copies;   /* StoreCopyFound: in mailboxes now */
    guint receptions; /* how often it came in */
    char *sender;     /* of the last */
    gint64 received;  /* the same */
    guint waiting;    /* entries of the queue that have not left */
    guint outside;    /* entries that there ever were, for other domains */
} WithdrawalPlan;
void withdrawal_plan_clear(WithdrawalPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WithdrawalPlan, withdrawal_plan_clear)

/* what: a Message-ID, with or without its brackets, or the number of a reception (trace).
 * NOT_FOUND. Walks over all messages; not on a writer thread. */
gboolean withdrawal_plan(const WithdrawalPlace *place, const char *what, WithdrawalPlan *out,
                         GError **error);
/* Takes back (what waits for other domains is held) or freezes. act->ground is needed: INPUT. */
gboolean withdrawal_do(const WithdrawalPlace *place, StoreWithdrawalKind kind,
                       const WithdrawalPlan *plan, const AuditAct *act, gint64 *id, GError **error);
/* Puts it back; kind: what the number must be of (NOT_FOUND). */
gboolean withdrawal_undo(const WithdrawalPlace *place, StoreWithdrawalKind kind, gint64 id,
                         const AuditAct *act, GError **error);
/* Goes on with what a crash cut short, and puts on record what is not yet. Once a minute, and
 * before anybody asks. */
gboolean withdrawals_keep(const WithdrawalPlace *place, GError **error);

/* "TH-12", "SM-12": what the trail calls it; g_free. */
char *withdrawal_name(StoreWithdrawalKind kind, gint64 id);
/* "TH-12", "12": FALSE: neither, or of the other kind. */
gboolean withdrawal_number(StoreWithdrawalKind kind, const char *text, gint64 *id);

void withdrawal_write(JsonWriter *w, const StoreWithdrawal *withdrawal);
/* How many of the copies were read. */
guint withdrawal_plan_read(const WithdrawalPlan *plan);
void withdrawal_write_plan(JsonWriter *w, const char *key, const WithdrawalPlan *plan);
/* Each copy (StoreCopyFound) with its owner's address, its mailbox, whether it was read; elements
 * of the list that is open. */
gboolean withdrawal_write_copies(JsonWriter *w, const WithdrawalPlace *place, const GArray *copies,
                                 GError **error);

#endif
