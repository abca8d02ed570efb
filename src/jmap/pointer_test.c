/* Requests, pointers with "*", result references and patches: RFC 8620 3.3, 3.7, 5.3. */
#include "jmap/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static json_t *json(const char *text) {
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (value == NULL)
        fail_msg("not JSON: %s", text);
    return value;
}

static void is(json_t *value, const char *expected) {
    if (expected == NULL) {
        assert_null(value);
        return;
    }
    g_autoptr(json_t) wanted = json(expected);
    g_autofree char *text =
        value == NULL ? g_strdup("nothing") : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (value == NULL || !json_equal(value, wanted))
        fail_msg("%s instead of %s", text, expected);
}

/* RFC 8620 3.7, RFC 6901 4 */
static void a_pointer_leads_through_objects_arrays_and_stars(void **state) {
    static const struct {
        const char *pointer, *found;
    } cases[] = {
        {"", "{\"a\":{\"b~/\":[1,[2,3]]},\"l\":[{\"i\":[1,2]},{\"i\":[]},{\"i\":7}],\"\":5}"},
        {"/a/b~0~1/0", "1"},
        {"/a/b~0~1/1/1", "3"},
        {"/l/*/i", "[1,2,7]"},
        {"/l/0/i/*", "[1,2]"},
        {"/", "5"},
        {"a", NULL},
        {"/a/b~2", NULL},
        {"/l/00", NULL},
        {"/l/3", NULL},
        {"/l/-", NULL},
        {"/l/*/j", NULL},
        {"/a/*", NULL},
        {"/khong", NULL},
        {"//", NULL},
    };
    g_autoptr(json_t) document = json(cases[0].found);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) found = jmap_pointer_get(document, cases[i].pointer);
        is(found, cases[i].found);
    }
}

static void stars_inside_one_another_come_to_an_end(void **state) {
    g_autoptr(json_t) deep = json("[]");
    for (guint i = 0; i < 100; i++)
        deep = json_pack("[o]", deep);
    g_autofree char *stars = g_strnfill(200, '*');
    for (guint i = 0; i < 200; i += 2)
        stars[i] = '/';
    g_autoptr(json_t) found = jmap_pointer_get(deep, stars);
    assert_null(found);
}

static void a_reference_takes_the_first_response_of_its_id_and_name(void **state) {
    g_autoptr(json_t) responses =
        json("[[\"Email/query\",{\"ids\":[\"x\"]},\"q\"],[\"error\",{},\"e\"],"
             "[\"Email/get\",{\"ids\":[\"y\"]},\"q\"]]");
    static const struct {
        const char *arguments, *resolved, *error;
    } cases[] = {
        {"{\"a\":1,\"#ids\":{\"resultOf\":\"q\",\"name\":\"Email/query\",\"path\":\"/ids\"}}",
         "{\"a\":1,\"ids\":[\"x\"]}", NULL},
        {"{\"#ids\":{\"resultOf\":\"q\",\"name\":\"Email/get\",\"path\":\"/ids\"}}", NULL,
         "invalidResultReference"},
        {"{\"#ids\":{\"resultOf\":\"e\",\"name\":\"Email/get\",\"path\":\"/ids\"}}", NULL,
         "invalidResultReference"},
        {"{\"#ids\":{\"resultOf\":\"q\",\"name\":\"Email/query\",\"path\":\"/no\"}}", NULL,
         "invalidResultReference"},
        {"{\"#ids\":[]}", NULL, "invalidResultReference"},
        {"{\"ids\":[],\"#ids\":{}}", NULL, "invalidArguments"},
        {"{}", "{}", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *error = NULL;
        g_autoptr(json_t) arguments = json(cases[i].arguments);
        g_autoptr(json_t) resolved = jmap_resolve(arguments, responses, &error);
        is(resolved, cases[i].resolved);
        if (cases[i].error != NULL)
            assert_string_equal(error, cases[i].error);
    }
}

/* RFC 8620 5.3 */
static void a_patch_changes_a_copy_and_only_what_is_there(void **state) {
    static const char whole[] = "{\"k\":{\"a\":true,\"b\":{\"c\":1}},\"n\":7}";
    static const struct {
        const char *patch, *result;
    } cases[] = {
        {"{}", whole},
        {"{\"k/a\":null,\"k/x\":true}", "{\"k\":{\"x\":true,\"b\":{\"c\":1}},\"n\":7}"},
        {"{\"k/b/c\":2}", "{\"k\":{\"a\":true,\"b\":{\"c\":2}},\"n\":7}"},
        {"{\"k\":{}}", "{\"k\":{},\"n\":7}"},
        {"{\"n\":null}", "{\"k\":{\"a\":true,\"b\":{\"c\":1}}}"},
        {"{\"k\":{},\"k/a\":true}", NULL},
        {"{\"k/b\":{},\"k/b/c\":1}", NULL},
        {"{\"x/y\":1}", NULL},
        {"{\"n/y\":1}", NULL},
        {"{\"k/~2\":1}", NULL},
        {"[]", NULL},
    };
    g_autoptr(json_t) object = json(whole);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(json_t) patch = json(cases[i].patch);
        g_autoptr(json_t) result = jmap_patch(object, patch);
        is(result, cases[i].result);
        is(object, whole);
    }
}

/* RFC 8620 1.2 */
static void an_id_has_letters_digits_and_two_signs(void **state) {
    g_autofree char *longest = g_strnfill(255, 'a');
    g_autofree char *longer = g_strnfill(256, 'a');
    assert_true(jmap_is_id("aZ09-_"));
    assert_true(jmap_is_id(longest));
    assert_false(jmap_is_id(longer));
    assert_false(jmap_is_id(""));
    assert_false(jmap_is_id("a b"));
    assert_false(jmap_is_id("\xc3\xa1"));
}

static void a_request_has_the_shape_of_one(void **state) {
    static const struct {
        const char *text, *wrong;
    } cases[] = {
        {"{\"using\":[\"a\"],\"methodCalls\":[[\"n\",{},\"i\"]]}", NULL},
        {"{\"using\":[],\"methodCalls\":[],\"createdIds\":{\"a\":\"b\"},\"x\":1}", NULL},
        {"", "notJSON"},
        {"{\"using\":[],\"methodCalls\":[]} x", "notJSON"},
        {"{\"using\":[\"\\ud800\"],\"methodCalls\":[]}", "notJSON"},
        {"7", "notJSON"},
        {"[]", "notRequest"},
        {"{\"using\":{},\"methodCalls\":[]}", "notRequest"},
        {"{\"using\":[],\"methodCalls\":[[\"n\",{}]]}", "notRequest"},
        {"{\"using\":[],\"methodCalls\":[[\"n\",{},7]]}", "notRequest"},
        {"{\"using\":[],\"methodCalls\":[],\"createdIds\":[]}", "notRequest"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        JmapParsed parsed;
        const char *wrong = jmap_parse(bytes_of_string(cases[i].text), &parsed);
        if (g_strcmp0(wrong, cases[i].wrong) != 0)
            fail_msg("%s: %s", cases[i].text, wrong == NULL ? "taken" : wrong);
        jmap_parsed_clear(&parsed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pointer_leads_through_objects_arrays_and_stars),
        cmocka_unit_test(stars_inside_one_another_come_to_an_end),
        cmocka_unit_test(a_reference_takes_the_first_response_of_its_id_and_name),
        cmocka_unit_test(a_patch_changes_a_copy_and_only_what_is_there),
        cmocka_unit_test(an_id_has_letters_digits_and_two_signs),
        cmocka_unit_test(a_request_has_the_shape_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
