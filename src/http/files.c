/* See files.h. */
#include "http/files.h"

#include <string.h>

/* Frames: mail in a sandbox, previews of attachments. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "        \
    "font-src 'self'; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; "           \
    "worker-src 'self'; frame-src 'self' blob:; form-action 'self'; base-uri 'none'; "             \
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "                                 \
    "trusted-types dompurify svelte-trusted-html congvu 'allow-duplicates'"

/* In a frame a mail, cleaned, is shown with its own styles, and nothing of it runs. Pictures from
 * elsewhere tell their sender that and where it was read: only in the second frame, when the reader
 * asked for them. */
#define FRAME_POLICY(pictures)                                                                     \
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:" pictures    \
    "; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

static const struct {
    const char *path, *policy, *referrer;
} policies[] = {
    {"/khung.html", FRAME_POLICY(""), "no-referrer"},
    {"/khung-hinh.html", FRAME_POLICY(" https: http:"), "no-referrer"},
    {NULL, PAGE_POLICY, "same-origin"}, /* everything else */
};

static const char *const headers[][2] = {
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    {"Vary", "Accept-Encoding"},
};

/* ---- What the browser takes and has ---- */

/* The next element of the list "a, b;q=0"; FALSE: there is none. */
static gboolean next_element(Reader *r, Bytes *out) {
    if (reader_done(r))
        return FALSE;
    if (!reader_until(r, ',', out)) {
        *out = reader_rest(r);
        r->at = r->end;
    } else {
        r->at++;
    }
    *out = bytes_strip(*out);
    return TRUE;
}

/* RFC 9110 12.4.2: "q=0", "q=0.000" say no. */
static gboolean is_refused(Bytes parameters) {
    Bytes weight = bytes_strip(parameters);
    if (!bytes_starts_nocase(weight, "q=0"))
        return FALSE;
    for (gsize i = 3; i < weight.n; i++)
        if (weight.p[i] != '.' && weight.p[i] != '0')
            return FALSE;
    return TRUE;
}

/* RFC 9110 12.5.3. Only what is named: a star would also mean codings that nobody tests. */
static gboolean takes_coding(const HttpCall *call, const char *coding) {
    Reader r = reader_of(http_field(call, "accept-encoding"));
    Bytes element;
    while (next_element(&r, &element)) {
        gssize end = bytes_find_byte(element, ';');
        Bytes name = end < 0 ? element : bytes_slice(element, 0, (gsize)end);
        if (!bytes_is_nocase(bytes_strip(name), coding))
            continue;
        return end < 0 || !is_refused(bytes_slice(element, (gsize)end + 1, element.n));
    }
    return FALSE;
}

/* RFC 9110 13.1.2: compared weakly, so "W/" does not matter. */
static gboolean has_already(const HttpCall *call, const char *tag) {
    Reader r = reader_of(http_field(call, "if-none-match"));
    Bytes element;
    while (next_element(&r, &element)) {
        if (bytes_starts_nocase(element, "W/"))
            element = bytes_slice(element, 2, element.n);
        if (bytes_is(element, "*") || bytes_is(element, tag))
            return TRUE;
    }
    return FALSE;
}

/* ---- Answers ---- */

static void add_headers(HttpCall *call, const HttpFile *file) {
    gsize of = 0;
    while (policies[of].path != NULL && !g_str_equal(policies[of].path, file->path))
        of++;
    http_add_header(call, "Content-Security-Policy", policies[of].policy);
    http_add_header(call, "Referrer-Policy", policies[of].referrer);
    for (gsize i = 0; i < G_N_ELEMENTS(headers); i++)
        http_add_header(call, headers[i][0], headers[i][1]);
}

static HttpVerdict show(HttpCall *call) {
    const HttpFile *file = http_route_data(call);
    const char *coding = NULL;
    Bytes content = file->plain;
    if (file->brotli.p != NULL && takes_coding(call, "br")) {
        coding = "br";
        content = file->brotli;
    } else if (file->gzip.p != NULL && takes_coding(call, "gzip")) {
        coding = "gzip";
        content = file->gzip;
    }
    g_autofree char *tag = g_strdup_printf("\"%s%s%s\"", file->tag, coding == NULL ? "" : "-",
                                           coding == NULL ? "" : coding);
    add_headers(call, file);
    http_add_header(call, "Cache-Control",
                    file->forever ? "public, max-age=31536000, immutable" : "no-cache");
    http_add_header(call, "ETag", tag);
    if (has_already(call, tag)) {
        http_answer_empty(call, 304);
        return HTTP_DONE;
    }
    if (coding != NULL)
        http_add_header(call, "Content-Encoding", coding);
    http_answer_lasting(call, 200, file->type, content);
    return HTTP_DONE;
}

static void add(GArray *routes, const char *pattern, const HttpFile *file) {
    HttpRoute route = {.method = HTTP_GET, .pattern = pattern, .handle = show, .data = file};
    g_array_append_val(routes, route);
}

HttpRoute *http_files_routes(const HttpFiles *files) {
    GArray *routes = g_array_new(TRUE, TRUE, sizeof(HttpRoute));
    for (gsize i = 0; i < files->count; i++) {
        const HttpFile *file = &files->files[i];
        add(routes, file->path, file);
        if (!g_str_equal(file->path, "/index.html"))
            continue;
        add(routes, "/", file);
        for (const char *const *page = files->pages; *page != NULL; page++)
            add(routes, *page, file);
    }
    return (HttpRoute *)g_array_free(routes, FALSE);
}
