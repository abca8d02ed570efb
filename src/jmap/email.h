/* E-mails as objects (RFC 8621 4.1): what of one is asked for, and the object made of the stored
 * form. Only what asks for headers that are not in the envelope reads the header, and only what
 * asks for bodies reads those. */
#ifndef CV_JMAP_EMAIL_H
#define CV_JMAP_EMAIL_H

#include "jmap/account.h"
#include "jmap/header_form.h"

typedef enum { /* as in jmap_email_properties */
               JMAP_EMAIL_ID,
               JMAP_EMAIL_BLOB,
               JMAP_EMAIL_THREAD,
               JMAP_EMAIL_MAILBOXES,
               JMAP_EMAIL_KEYWORDS,
               JMAP_EMAIL_SIZE,
               JMAP_EMAIL_RECEIVED,
               JMAP_EMAIL_MESSAGE_ID,
               JMAP_EMAIL_IN_REPLY_TO,
               JMAP_EMAIL_REFERENCES,
               JMAP_EMAIL_SENDER,
               JMAP_EMAIL_FROM,
               JMAP_EMAIL_TO,
               JMAP_EMAIL_CC,
               JMAP_EMAIL_BCC,
               JMAP_EMAIL_REPLY_TO,
               JMAP_EMAIL_SUBJECT,
               JMAP_EMAIL_SENT,
               JMAP_EMAIL_HEADERS,
               JMAP_EMAIL_STRUCTURE,
               JMAP_EMAIL_VALUES,
               JMAP_EMAIL_TEXT_BODY,
               JMAP_EMAIL_HTML_BODY,
               JMAP_EMAIL_ATTACHMENTS,
               JMAP_EMAIL_HAS_ATTACHMENT,
               JMAP_EMAIL_PREVIEW,
               JMAP_EMAIL_PROPERTIES,
} JmapEmailProperty;
extern const char *const jmap_email_properties[]; /* ends with NULL */
#define JMAP_EMAIL_BIT(property) ((guint64)1 << (property))
/* What needs the tree of parts. */
#define JMAP_EMAIL_BODY                                                                            \
    (JMAP_EMAIL_BIT(JMAP_EMAIL_STRUCTURE) | JMAP_EMAIL_BIT(JMAP_EMAIL_VALUES) |                    \
     JMAP_EMAIL_BIT(JMAP_EMAIL_TEXT_BODY) | JMAP_EMAIL_BIT(JMAP_EMAIL_HTML_BODY) |                 \
     JMAP_EMAIL_BIT(JMAP_EMAIL_ATTACHMENTS))

typedef enum { /* as in jmap_part_properties */
               JMAP_PART_ID,
               JMAP_PART_BLOB,
               JMAP_PART_SIZE,
               JMAP_PART_HEADERS,
               JMAP_PART_NAME,
               JMAP_PART_TYPE,
               JMAP_PART_CHARSET,
               JMAP_PART_DISPOSITION,
               JMAP_PART_CID,
               JMAP_PART_LANGUAGE,
               JMAP_PART_LOCATION,
               JMAP_PART_SUBPARTS,
} JmapPartProperty;
extern const char *const jmap_part_properties[];

/* What is asked for. */
typedef struct {
    guint64 mask, part_mask;
    GPtrArray *headers, *part_headers; /* JmapHeaderForm */
    gboolean text_values, html_values, all_values;
    gint64 maximum; /* bytes of a body value; 0: no limit */
} JmapWanted;
void jmap_wanted_clear(JmapWanted *wanted);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JmapWanted, jmap_wanted_clear)
/* Of the arguments of Email/get, or (parse) of Email/parse. FALSE: the call has ended. */
gboolean jmap_take_wanted(JmapCall *call, gboolean parse, JmapWanted *out);
/* Does it need the header block? (sender, replyTo and references may, besides) */
gboolean jmap_wanted_header(const JmapWanted *wanted);

/* A message, stored or in memory. */
typedef struct {
    /* Stored: */
    Store *store;
    DbConn *conn;
    const StoreMessage *message; /* with its meta; NULL: in memory */
    /* In memory: */
    Bytes bytes;
    /* Both: */
    Bytes prefix, envelope, structure;
    guint64 header_size; /* of the bytes, prefix not included */
    const char *blob;    /* id of its bytes: those of parts begin with it */
    Buffer header;       /* prefix and header block, once read */
    gboolean header_read;
} JmapSource;
void jmap_source_of_message(JmapSource *source, Store *store, DbConn *conn,
                            const StoreMessage *message, const char *blob);
void jmap_source_clear(JmapSource *source);
/* Bytes [offset, offset + n) without the prefix, appended. */
gboolean jmap_source_read(JmapSource *source, guint64 offset, guint64 n, Buffer *out,
                          GError **error);
gboolean jmap_source_header(JmapSource *source, Bytes *out, GError **error);

/* Puts the properties of the header and the body into object. FALSE: *error. */
gboolean jmap_email_put_header(json_t *object, JmapSource *source, const JmapWanted *wanted,
                               GError **error);
gboolean jmap_email_put_body(json_t *object, JmapSource *source, const JmapWanted *wanted,
                             GError **error);

/* {"$seen": true} of the flags. */
json_t *jmap_keywords(const JmapAccount *account, StoreFlags flags);
/* {"F6925a1b3": true} */
json_t *jmap_mailbox_ids(guint32 uidvalidity);

#endif
