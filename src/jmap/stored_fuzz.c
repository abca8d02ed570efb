/* Any bytes as an envelope, an extension, and a header that is asked for in every form. */
#include "jmap/header_form.h"
#include "jmap/stored.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    Bytes items[JMAP_ENVELOPE_ITEMS], all = bytes_of(data, size);
    JmapExtension extension;
    jmap_stored_split(all, items);
    for (guint i = 0; i < JMAP_ENVELOPE_ITEMS; i++) {
        g_free(jmap_stored_text(items[i], NULL));
        json_decref(jmap_stored_list(items[i], i % 2 == 0));
    }
    jmap_stored_extension(all, &extension);
    jmap_extension_clear(&extension);
    for (JmapForm form = JMAP_AS_RAW; form < JMAP_FORMS; form++) {
        json_t *value = jmap_header_value(all, form);
        if (value == NULL)
            abort();
        json_decref(value);
    }
    json_decref(jmap_header_list(all));
    return 0;
}
