/* The request object (RFC 8620 3.3), as far as it can be judged without knowing any method. */
#include "jmap/request.h"

void jmap_parsed_clear(JmapParsed *parsed) {
    json_decref(parsed->root);
    *parsed = (JmapParsed){0};
}

static gboolean is_invocation(const json_t *call) {
    return json_is_array(call) && json_array_size(call) == 3 &&
           json_is_string(json_array_get(call, 0)) && json_is_object(json_array_get(call, 1)) &&
           json_is_string(json_array_get(call, 2));
}

static gboolean are_invocations(const json_t *calls) {
    if (!json_is_array(calls))
        return FALSE;
    for (size_t i = 0; i < json_array_size(calls); i++)
        if (!is_invocation(json_array_get(calls, i)))
            return FALSE;
    return TRUE;
}

static gboolean are_texts(const json_t *list) {
    if (!json_is_array(list))
        return FALSE;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return FALSE;
    return TRUE;
}

static gboolean are_ids(json_t *created) {
    const char *key;
    json_t *value;
    if (!json_is_object(created))
        return FALSE;
    json_object_foreach(created, key,
                        value) if (!jmap_is_id(key) || !json_is_string(value)) return FALSE;
    return TRUE;
}

/* RFC 8620 1.1: what is sent is I-JSON (RFC 7493): UTF-8, and no member twice. */
const char *jmap_parse(Bytes content, JmapParsed *out) {
    json_error_t where;
    *out = (JmapParsed){0};
    json_t *root = content.n == 0 ? NULL
                                  : json_loadb((const char *)content.p, content.n,
                                               JSON_REJECT_DUPLICATES, &where);
    if (root == NULL)
        return "notJSON";
    *out = (JmapParsed){root, json_object_get(root, "using"), json_object_get(root, "methodCalls"),
                        json_object_get(root, "createdIds")};
    if (json_is_object(root) && are_texts(out->using) && are_invocations(out->calls) &&
        (out->created == NULL || are_ids(out->created)))
        return NULL;
    jmap_parsed_clear(out);
    return "notRequest";
}
