/* Config: DIR/congvu.conf, what an operator decides about one installation (ports, certificate,
 * limits). What the regulation decides is not here but in regulations/.
 *
 * One table (config.c) names every setting with its type, default, bounds and explanation: it reads
 * the file, refuses what it does not know (with file and line), and writes the commented file that
 * `init` leaves. A Config is immutable after loading; SIGHUP loads a new one. */
#ifndef CV_SERVE_CONFIG_H
#define CV_SERVE_CONFIG_H

#include "base/buffer.h"
#include "base/error.h"

#define CONFIG_VERSION 1

typedef struct {
    gint64 version;
    char *domain;     /* mail domain, ASCII lower case */
    char *hostname;   /* what SMTP and IMAP greet with */
    char *regulation; /* path, or the name of a shipped one */
    char *listen;     /* addresses separated by commas */
    gint64 port_offset;
    char *certificate, *key; /* PEM; relative to the data directory */
    char *cleartext;         /* password sign-in without TLS: "never" or "loopback" */
    char *user;              /* run as, after binding; "" keeps the user */
    char *log;               /* file, or "" for standard error */
    char *log_level;         /* debug, info, warning, error */
    gint64 upgrade_copies;
    gint64 workers; /* 0: chosen from the cores */
    gint64 sessions, sessions_address;
    gint64 disk_watermark; /* bytes that must stay free */

    gint64 smtp_size;       /* bytes of a message on the wire */
    gint64 smtp_recipients; /* of one transaction */
    gint64 smtp_errors;     /* before the session is ended */
    gint64 smtp_hops;       /* Received lines */
    char *sending;          /* "auto", "yes", "no" */
    char *sending_routes, *sending_dns, *sending_trust;
    gint64 sending_port, sending_connections, sending_connections_all;
    gint64 sending_retry_first, sending_retry_most; /* seconds */
    gint64 sending_life, sending_warn;              /* hours */
    gint64 sending_reply;                           /* seconds */
    gint64 imap_append;                             /* bytes of an appended message */
    gint64 imap_progress;                           /* seconds */
    gint64 imap_idle;                               /* seconds */
    gint64 auth_remember;                           /* seconds */
    gint64 auth_lanes;
    gint64 search_index;      /* 0: the lane of the search index is not started */
    gint64 web;               /* 0: no HTTPS */
    gint64 web_idle;          /* seconds */
    gint64 web_lifetime;      /* seconds */
    gint64 retention_changes; /* days that the change log is kept */

    gint64 retention_receptions; /* days */
} Config;

Config *config_load(const char *path, GError **error);
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)
/* The commented file for a new installation. */
void config_write_new(Buffer *out, const char *domain, const char *regulation, gint64 port_offset);
/* The standard port plus the offset, or 0 when that is no port. */
guint16 config_port(const Config *config, guint16 standard);

#endif
