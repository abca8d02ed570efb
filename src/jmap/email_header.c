/* The header's properties of an e-mail (RFC 8621 4.1.2, 4.1.3). Most stand in the stored envelope.
 * The envelope has the sender where the header has none of Sender and Reply-To (RFC 9051 7.5.2): if
 * they are equal there, the header itself is looked at. */
#include "jmap/arguments.h"
#include "jmap/email.h"
#include "jmap/stored.h"
#include "message/date.h"
#include "message/header.h"

static const struct {
    JmapEmailProperty property;
    JmapEnvelopeItem item;
} lists[] = {
    {JMAP_EMAIL_FROM, JMAP_ENVELOPE_FROM},
    {JMAP_EMAIL_TO, JMAP_ENVELOPE_TO},
    {JMAP_EMAIL_CC, JMAP_ENVELOPE_CC},
    {JMAP_EMAIL_BCC, JMAP_ENVELOPE_BCC},
};

typedef struct {
    json_t *object;
    JmapSource *source;
    const JmapWanted *wanted;
    Bytes items[JMAP_ENVELOPE_ITEMS];
} Put;

static gboolean asks(const Put *put, JmapEmailProperty property) {
    return (put->wanted->mask >> property & 1) != 0;
}

static void set(Put *put, JmapEmailProperty property, json_t *value) {
    json_object_set_new(put->object, jmap_email_properties[property], value);
}

static void put_texts(Put *put) {
    if (asks(put, JMAP_EMAIL_SUBJECT)) {
        gsize n = 0;
        g_autofree char *text = jmap_stored_text(put->items[JMAP_ENVELOPE_SUBJECT], &n);
        set(put, JMAP_EMAIL_SUBJECT,
            text == NULL ? json_null() : jmap_header_value(bytes_of(text, n), JMAP_AS_TEXT));
    }
    if (asks(put, JMAP_EMAIL_SENT)) {
        gsize n = 0;
        g_autofree char *text = jmap_stored_text(put->items[JMAP_ENVELOPE_DATE], &n);
        set(put, JMAP_EMAIL_SENT, jmap_header_value(bytes_of(text, n), JMAP_AS_DATE));
    }
}

static void put_ids(Put *put, JmapEmailProperty property, JmapEnvelopeItem item) {
    gsize n = 0;
    if (!asks(put, property))
        return;
    g_autofree char *text = jmap_stored_text(put->items[item], &n);
    set(put, property, jmap_header_value(bytes_of(text, n), JMAP_AS_MESSAGE_IDS));
}

/* What only the header knows. */
static gboolean put_field(Put *put, JmapEmailProperty property, const char *field, JmapForm form,
                          GError **error) {
    Bytes header;
    JmapHeaderForm one = {.name = (char *)field, .form = form};
    if (!jmap_source_header(put->source, &header, error))
        return FALSE;
    set(put, property, jmap_header_get(header, &one));
    return TRUE;
}

static gboolean put_sender(Put *put, JmapEmailProperty property, JmapEnvelopeItem item,
                           const char *field, GError **error) {
    if (!asks(put, property))
        return TRUE;
    if (bytes_equal(put->items[item], put->items[JMAP_ENVELOPE_FROM]))
        return put_field(put, property, field, JMAP_AS_ADDRESSES, error);
    set(put, property, jmap_stored_list(put->items[item], FALSE));
    return TRUE;
}

static gboolean put_forms(Put *put, GError **error) {
    Bytes header;
    if (!jmap_wanted_header(put->wanted))
        return TRUE;
    if (!jmap_source_header(put->source, &header, error))
        return FALSE;
    for (guint i = 0; i < put->wanted->headers->len; i++) {
        const JmapHeaderForm *form = put->wanted->headers->pdata[i];
        json_object_set_new(put->object, form->property, jmap_header_get(header, form));
    }
    if (asks(put, JMAP_EMAIL_HEADERS))
        set(put, JMAP_EMAIL_HEADERS, jmap_header_list(header));
    return TRUE;
}

gboolean jmap_email_put_header(json_t *object, JmapSource *source, const JmapWanted *wanted,
                               GError **error) {
    Put put = {object, source, wanted, {{0}}};
    jmap_stored_split(source->envelope, put.items);
    put_texts(&put);
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        if (asks(&put, lists[i].property))
            set(&put, lists[i].property, jmap_stored_list(put.items[lists[i].item], FALSE));
    put_ids(&put, JMAP_EMAIL_MESSAGE_ID, JMAP_ENVELOPE_MESSAGE_ID);
    put_ids(&put, JMAP_EMAIL_IN_REPLY_TO, JMAP_ENVELOPE_IN_REPLY_TO);
    return put_sender(&put, JMAP_EMAIL_SENDER, JMAP_ENVELOPE_SENDER, "Sender", error) &&
           put_sender(&put, JMAP_EMAIL_REPLY_TO, JMAP_ENVELOPE_REPLY_TO, "Reply-To", error) &&
           (!asks(&put, JMAP_EMAIL_REFERENCES) ||
            put_field(&put, JMAP_EMAIL_REFERENCES, "References", JMAP_AS_MESSAGE_IDS, error)) &&
           put_forms(&put, error);
}
