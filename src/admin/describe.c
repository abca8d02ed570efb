/* The description of the interface, OpenAPI 3.1, made from the same tables that run it. */
#include "admin/operation.h"

#include <string.h>

enum { DESCRIPTION_MAXIMUM = 1 << 20 };

static const char *const method_names[] = {
    [HTTP_GET] = "get",     [HTTP_POST] = "post",     [HTTP_PUT] = "put",
    [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete",
};

/* nullable: of an answer's field that is not always known. */
static void put_type(JsonWriter *w, AdminFieldType type, gboolean nullable) {
    static const char *const names[] = {"string", "integer", "boolean", "array", "array"};
    if (nullable) {
        json_open(w, "type", '[');
        json_text(w, NULL, names[type]);
        json_text(w, NULL, "null");
        json_close(w, ']');
    } else {
        json_text(w, "type", names[type]);
    }
    if (type != FIELD_TEXTS && type != FIELD_INTEGERS)
        return;
    json_open(w, "items", '{');
    json_text(w, "type", type == FIELD_TEXTS ? "string" : "integer");
    json_close(w, '}');
}

/* sent: what a client sends, where nothing else may stand; otherwise an answer, whose fields are
 * always there, but may be null. */
static void put_object(JsonWriter *w, const AdminField *fields, gboolean sent) {
    json_text(w, "type", "object");
    json_open(w, "properties", '{');
    for (const AdminField *f = fields; f->name != NULL; f++) {
        json_open(w, f->name, '{');
        put_type(w, f->type, !sent && !f->required);
        json_text(w, "description", f->about);
        json_close(w, '}');
    }
    json_close(w, '}');
    json_open(w, "required", '[');
    for (const AdminField *f = fields; f->name != NULL; f++)
        if (f->required || !sent)
            json_text(w, NULL, f->name);
    json_close(w, ']');
    if (sent)
        json_bool(w, "additionalProperties", FALSE);
}

static void put_parameter(JsonWriter *w, const char *name, const char *in, gboolean required,
                          AdminFieldType type, const char *about) {
    json_open(w, NULL, '{');
    json_text(w, "name", name);
    json_text(w, "in", in);
    json_bool(w, "required", required);
    if (about != NULL)
        json_text(w, "description", about);
    json_open(w, "schema", '{');
    put_type(w, type, FALSE);
    json_close(w, '}');
    json_close(w, '}');
}

static void put_parameters(JsonWriter *w, const AdminOperation *o) {
    json_open(w, "parameters", '[');
    for (const char *open = strchr(o->pattern, '{'); open != NULL; open = strchr(open + 1, '{')) {
        g_autofree char *name = g_strndup(open + 1, strcspn(open + 1, "}"));
        put_parameter(w, name, "path", TRUE, FIELD_TEXT, NULL);
    }
    for (const AdminField *f = o->query; f != NULL && f->name != NULL; f++)
        put_parameter(w, f->name, "query", f->required, f->type, f->about);
    json_close(w, ']');
}

static void put_reference(JsonWriter *w, const AdminView *view) {
    g_autofree char *to = g_strconcat("#/components/schemas/", view->name, NULL);
    json_text(w, "$ref", to);
}

static void open_schema(JsonWriter *w, const char *type) {
    json_open(w, "content", '{');
    json_open(w, type, '{');
    json_open(w, "schema", '{');
}

static void close_schema(JsonWriter *w) {
    for (int i = 0; i < 3; i++)
        json_close(w, '}');
}

static void put_answer(JsonWriter *w, const AdminOperation *o) {
    json_open(w, "responses", '{');
    json_open(w, o->answer == NULL ? "204" : o->method == HTTP_POST ? "201" : "200", '{');
    json_text(w, "description", o->answer == NULL ? "Đã thực hiện" : o->summary);
    if (o->answer != NULL) {
        open_schema(w, "application/json");
        if (o->list) {
            json_text(w, "type", "array");
            json_open(w, "items", '{');
            put_reference(w, o->answer);
            json_close(w, '}');
        } else {
            put_reference(w, o->answer);
        }
        close_schema(w);
    }
    json_close(w, '}');
    json_open(w, "default", '{');
    json_text(w, "description", "Không thực hiện được: lý do, điều khoản, việc cần làm (RFC 9457)");
    open_schema(w, "application/problem+json");
    json_text(w, "$ref", "#/components/schemas/Problem");
    close_schema(w);
    json_close(w, '}');
    json_close(w, '}');
}

static void put_operation(JsonWriter *w, const AdminOperation *o) {
    json_open(w, method_names[o->method], '{');
    json_text(w, "summary", o->summary);
    g_autofree char *about =
        o->article == NULL
            ? g_strdup_printf("Hành động: %s", directory_action_name(o->action))
            : g_strdup_printf("%s. Hành động: %s", o->article, directory_action_name(o->action));
    json_text(w, "description", about);
    put_parameters(w, o);
    if (o->content != NULL) {
        json_open(w, "requestBody", '{');
        json_bool(w, "required", TRUE);
        open_schema(w, "application/json");
        put_object(w, o->content, TRUE);
        close_schema(w);
        json_close(w, '}');
    }
    put_answer(w, o);
    json_close(w, '}');
}

/* OpenAPI groups the methods of one path: each pattern is written at its first entry. */
static gboolean came_before(const AdminOperation *table, const AdminOperation *o) {
    for (; table < o; table++)
        if (g_str_equal(table->pattern, o->pattern))
            return TRUE;
    return FALSE;
}

static void put_paths(JsonWriter *w, const AdminOperation *const *tables, gsize count) {
    json_open(w, "paths", '{');
    for (gsize t = 0; t < count; t++) {
        for (const AdminOperation *o = tables[t]; o->pattern != NULL; o++) {
            if (came_before(tables[t], o))
                continue;
            json_open(w, o->pattern, '{');
            for (const AdminOperation *same = o; same->pattern != NULL; same++)
                if (g_str_equal(same->pattern, o->pattern))
                    put_operation(w, same);
            json_close(w, '}');
        }
    }
    json_close(w, '}');
}

static void put_schemas(JsonWriter *w, const AdminOperation *const *tables, gsize count) {
    static const AdminField problem[] = {
        {"title", FIELD_TEXT, TRUE, "Tên của mã trạng thái"},
        {"status", FIELD_INTEGER, TRUE, "Mã trạng thái HTTP"},
        {"detail", FIELD_TEXT, TRUE, "Lý do, điều khoản, việc cần làm"},
        {NULL},
    };
    g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
    json_open(w, "schemas", '{');
    json_open(w, "Problem", '{');
    put_object(w, problem, FALSE);
    json_close(w, '}');
    for (gsize t = 0; t < count; t++) {
        for (const AdminOperation *o = tables[t]; o->pattern != NULL; o++) {
            if (o->answer == NULL || !g_hash_table_add(done, (gpointer)o->answer->name))
                continue;
            json_open(w, o->answer->name, '{');
            put_object(w, o->answer->fields, FALSE);
            json_close(w, '}');
        }
    }
    json_close(w, '}');
}

char *admin_describe(const AdminOperation *const *tables, gsize count, const char *version) {
    g_auto(Buffer) text;
    buffer_init(&text, DESCRIPTION_MAXIMUM);
    JsonWriter w = json_writer(&text);
    json_open(&w, NULL, '{');
    json_text(&w, "openapi", "3.1.0");
    json_open(&w, "info", '{');
    json_text(&w, "title", "congvu: quản trị hệ thống thư điện tử công vụ");
    json_text(&w, "version", version);
    json_close(&w, '}');
    json_open(&w, "servers", '[');
    json_open(&w, NULL, '{');
    json_text(&w, "url", "/api/v1");
    json_close(&w, '}');
    json_close(&w, ']');
    json_open(&w, "security", '[');
    json_open(&w, NULL, '{');
    json_open(&w, "basic", '[');
    json_close(&w, ']');
    json_close(&w, '}');
    json_close(&w, ']');
    put_paths(&w, tables, count);
    json_open(&w, "components", '{');
    json_open(&w, "securitySchemes", '{');
    json_open(&w, "basic", '{');
    json_text(&w, "type", "http");
    json_text(&w, "scheme", "basic");
    json_close(&w, '}');
    json_close(&w, '}');
    put_schemas(&w, tables, count);
    json_close(&w, '}');
    json_close(&w, '}');
    return buffer_steal_string(&text);
}
