/* The running system: what happens between `congvu serve` and its end, in order. Configuration,
 * doors, privileges, data, sessions; then the main thread waits for signals and keeps house. */
#include "serve/serve.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "cli/remote.h"
#include "http/metrics.h"
#include "imap/imap.h"
#include "maintain/disk.h"
#include "net/net.h"
#include "serve/instance.h"
#include "smtp/server/smtp.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    HOUSEKEEPING_SECONDS = 60,
    SHUTDOWN_SECONDS = 20,
};

typedef struct {
    Instance *instance;
    NetServer *net;
    Auth *auth;
    SmtpService smtp[3]; /* by SmtpDoor */
    ImapService imap;
    Remote *remote;
} Serve;
