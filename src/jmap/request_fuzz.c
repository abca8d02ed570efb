/* A request and, behind a NUL, the responses so far: parsed, its references resolved, its arguments
 * used as a patch. Whatever comes, what is parsed has the shape that the rest counts on. */
#include "jmap/request.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void use(json_t *arguments, json_t *responses) {
    const char *type = NULL;
    g_autoptr(json_t) resolved = jmap_resolve(arguments, responses, &type);
    if (resolved == NULL && type == NULL)
        abort();
    g_autoptr(json_t) patched = jmap_patch(arguments, arguments);
    if (patched != NULL && !json_is_object(patched))
        abort();
    const char *key;
    json_t *value;
    json_object_foreach(arguments, key, value) {
        jmap_is_id(key);
        if (json_is_string(value))
            json_decref(jmap_pointer_get(arguments, json_string_value(value)));
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    Bytes all = bytes_of(data, size);
    gssize cut = bytes_find_byte(all, 0);
    Bytes request = cut < 0 ? all : bytes_slice(all, 0, (gsize)cut);
    Bytes rest = cut < 0 ? (Bytes){0} : bytes_slice(all, (gsize)cut + 1, all.n);
    JmapParsed parsed;
    g_autoptr(json_t) responses =
        json_loadb(rest.n == 0 ? "[]" : (const char *)rest.p, rest.n == 0 ? 2 : rest.n, 0, NULL);
    if (jmap_parse(request, &parsed) != NULL)
        return 0;
    for (size_t i = 0; i < json_array_size(parsed.calls); i++) {
        json_t *call = json_array_get(parsed.calls, i);
        if (json_string_value(json_array_get(call, 2)) == NULL)
            abort();
        use(json_array_get(call, 1), responses);
    }
    jmap_parsed_clear(&parsed);
    return 0;
}
