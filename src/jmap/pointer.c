/* JSON pointers with "*" (RFC 8620 3.7, RFC 6901), result references, and patches. Pure: what comes
 * in is a client's, of any shape. */
#include "jmap/request.h"

#include <string.h>

enum { REFERENCED_MAXIMUM = 100000 }; /* values that one "*" may collect */

gboolean jmap_is_id(const char *text) {
    gsize n = strlen(text);
    if (n == 0 || n > 255)
        return FALSE;
    for (gsize i = 0; i < n; i++)
        if (!g_ascii_isalnum(text[i]) && text[i] != '-' && text[i] != '_')
            return FALSE;
    return TRUE;
}

/* RFC 6901 4: "~1" is a slash, "~0" a tilde. g_free; NULL: another tilde. *rest: behind it. */
static char *take_token(const char *at, const char **rest) {
    GString *token = g_string_new(NULL);
    for (; *at != '\0' && *at != '/'; at++) {
        if (*at != '~') {
            g_string_append_c(token, *at);
            continue;
        }
        at++;
        if (*at != '0' && *at != '1') {
            g_string_free(token, TRUE);
            return NULL;
        }
        g_string_append_c(token, *at == '0' ? '~' : '/');
    }
    *rest = at;
    return g_string_free(token, FALSE);
}

/* RFC 6901 4: digits without a zero in front. */
static gboolean is_index(const char *token, gsize *index) {
    guint64 value;
    if (!bytes_parse_u64(bytes_of_string(token), &value) || (token[0] == '0' && token[1] != '\0'))
        return FALSE;
    *index = (gsize)value;
    return TRUE;
}

static json_t *get(json_t *document, const char *at, guint depth);

/* RFC 8620 3.7: the rest is applied to every item, and where it gives an array its items are taken
 * out of it. */
static json_t *get_all(json_t *array, const char *rest, guint depth) {
    g_autoptr(json_t) all = json_array();
    for (size_t i = 0; i < json_array_size(array); i++) {
        g_autoptr(json_t) one = get(json_array_get(array, i), rest, depth + 1);
        if (one == NULL)
            return NULL;
        if (json_is_array(one))
            json_array_extend(all, one);
        else
            json_array_append(all, one);
        if (json_array_size(all) > REFERENCED_MAXIMUM)
            return NULL;
    }
    return g_steal_pointer(&all);
}

static json_t *get(json_t *document, const char *at, guint depth) {
    enum { DEEPEST = 20 }; /* "*" inside one another */
    while (*at != '\0') {
        if (*at != '/' || depth > DEEPEST)
            return NULL;
        const char *rest = NULL;
        g_autofree char *token = take_token(at + 1, &rest);
        gsize index;
        if (token == NULL)
            return NULL;
        if (json_is_array(document) && g_str_equal(token, "*"))
            return get_all(document, rest, depth);
        if (json_is_object(document))
            document = json_object_get(document, token);
        else if (json_is_array(document) && is_index(token, &index))
            document = json_array_get(document, index);
        else
            return NULL;
        if (document == NULL)
            return NULL;
        at = rest;
    }
    return json_incref(document);
}

json_t *jmap_pointer_get(json_t *document, const char *pointer) {
    return get(document, pointer, 0);
}

/* ---- Result references ---- */

/* RFC 8620 3.7: the first response with this id must be the one with this name. */
static json_t *find_response(json_t *responses, const char *id, const char *name) {
    for (size_t i = 0; i < json_array_size(responses); i++) {
        json_t *response = json_array_get(responses, i);
        const char *its = json_string_value(json_array_get(response, 2));
        if (its == NULL || !g_str_equal(its, id))
            continue;
        const char *method = json_string_value(json_array_get(response, 0));
        return method != NULL && g_str_equal(method, name) ? json_array_get(response, 1) : NULL;
    }
    return NULL;
}

static json_t *follow(json_t *reference, json_t *responses) {
    const char *of = json_string_value(json_object_get(reference, "resultOf"));
    const char *name = json_string_value(json_object_get(reference, "name"));
    const char *path = json_string_value(json_object_get(reference, "path"));
    if (of == NULL || name == NULL || path == NULL)
        return NULL;
    json_t *response = find_response(responses, of, name);
    return response == NULL ? NULL : jmap_pointer_get(response, path);
}

json_t *jmap_resolve(json_t *arguments, json_t *responses, const char **type) {
    g_autoptr(json_t) resolved = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(arguments, name, value) {
        if (name[0] != '#') {
            json_object_set(resolved, name, value);
            continue;
        }
        if (json_object_get(arguments, name + 1) != NULL) {
            *type = "invalidArguments"; /* given both ways */
            return NULL;
        }
        json_t *found = follow(value, responses);
        if (found == NULL) {
            *type = "invalidResultReference";
            return NULL;
        }
        json_object_set_new(resolved, name + 1, found);
    }
    return g_steal_pointer(&resolved);
}

/* ---- Patches ---- */

/* One pointer of a patch, without the slash in front. What it passes is copied, so that the object
 * that was given stays as it is. */
static gboolean patch_one(json_t *object, const char *path, json_t *value) {
    for (;;) {
        const char *rest = NULL;
        g_autofree char *token = take_token(path, &rest);
        if (token == NULL || !json_is_object(object)) /* arrays are replaced whole only */
            return FALSE;
        if (*rest == '\0') {
            if (json_is_null(value))
                json_object_del(object, token);
            else
                json_object_set(object, token, value);
            return TRUE;
        }
        json_t *inner = json_object_get(object, token);
        if (!json_is_object(inner))
            return FALSE;
        json_object_set_new(object, token, json_copy(inner));
        object = json_object_get(object, token);
        path = rest + 1;
    }
}

/* RFC 8620 5.3: no pointer may be the beginning of another. */
static gboolean is_disjoint(json_t *patch) {
    const char *a, *b;
    json_t *value, *other;
    json_object_foreach(patch, a, value) {
        gsize n = strlen(a);
        json_object_foreach(patch, b, other) if (strncmp(a, b, n) == 0 && b[n] == '/') return FALSE;
    }
    return TRUE;
}

json_t *jmap_patch(json_t *object, json_t *patch) {
    enum { PATCH_MAXIMUM = 1000 };
    if (!json_is_object(patch) || json_object_size(patch) > PATCH_MAXIMUM || !is_disjoint(patch))
        return NULL;
    g_autoptr(json_t) result = json_copy(object);
    const char *path;
    json_t *value;
    json_object_foreach(patch, path, value) if (!patch_one(result, path, value)) return NULL;
    return g_steal_pointer(&result);
}
