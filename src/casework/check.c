/* Checking a line against the registry: is the unit known and the sender's to speak for, is the
 * person known, was it asked for before, which address would be given. What cannot be done is found
 * in words; nothing is ever guessed: where several people fit, they are listed. */
#include "casework/internal.h"

#include <stdarg.h>

void request_found_clear(RequestFound *found) {
    g_free(found->finding);
    g_free(found->address);
    g_free(found->meant.value);
    crypto_wipe(&found->meant, sizeof found->meant);
    *found = (RequestFound){0};
}

gboolean request_finding(RequestFound *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    g_free(out->finding);
    out->finding = g_strdup_vprintf(format, args);
    va_end(args);
    return TRUE;
}

/* ---- The context ---- */

static void array_free(gpointer array) {
    g_ptr_array_unref(array);
}

gboolean request_check_begin(RequestCheck *c, Directory *directory, const Regulation *regulation,
                             DbConn *conn, const DirectoryUnit *sender, GError **error) {
    *c = (RequestCheck){.directory = directory,
                        .regulation = regulation,
                        .conn = conn,
                        .sender = sender,
                        .names = directory_unit_names(conn, error)};
    c->people = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, array_free);
    c->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    c->proposed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return c->names != NULL;
}

void request_check_clear(RequestCheck *c) {
    g_clear_pointer(&c->names, directory_unit_names_free);
    g_clear_pointer(&c->people, g_hash_table_unref);
    g_clear_pointer(&c->seen, g_hash_table_unref);
    g_clear_pointer(&c->proposed, g_hash_table_unref);
}

/* Takes the key; a finding when a line before was about the same. */
static gboolean see(RequestCheck *c, char *key, guint line, const RequestAsked *asked,
                    RequestFound *out) {
    gpointer before = g_hash_table_lookup(c->seen, key);
    if (before == NULL) {
        g_hash_table_insert(c->seen, key, GUINT_TO_POINTER(line));
        return TRUE;
    }
    g_free(key);
    return request_finding(out,
                           "Dòng %u: trùng với mục %u của văn bản này; mỗi người một dòng (nếu là "
                           "hai người, ghi ngày sinh hoặc số định danh)",
                           asked->place, GPOINTER_TO_UINT(before));
}

/* ---- Units ---- */

static gboolean storage_failed(GError *failure, GError **error) {
    if (failure == NULL || cv_error_is(failure, CV_ERROR_NOT_FOUND) ||
        cv_error_is(failure, CV_ERROR_INPUT))
        return FALSE;
    g_propagate_error(error, g_error_copy(failure));
    return TRUE;
}

gboolean request_check_reach(RequestCheck *c, gint64 unit, gboolean *ok, RequestFound *out,
                             GError **error) {
    if (!directory_unit_within(c->conn, unit, c->sender->id, ok, error))
        return FALSE;
    if (*ok)
        return TRUE;
    g_autoptr(Verdict) sender =
        regulation_check_sender(c->regulation, c->sender->kind, c->sender->name);
    return request_finding(out, "không thuộc phạm vi tổng hợp của %s (%s)", c->sender->name,
                           sender->article);
}

/* *unit NULL after a finding. */
static gboolean unit_of_line(RequestCheck *c, const RequestAsked *asked, DirectoryUnit **unit,
                             RequestFound *out, GError **error) {
    g_autoptr(GError) failure = NULL;
    g_autoptr(DirectoryUnit) found =
        directory_unit_named(c->directory, c->conn, c->names, asked->unit, c->sender->id, &failure);
    gboolean ok = FALSE;
    *unit = NULL;
    if (storage_failed(failure, error))
        return FALSE;
    if (found == NULL)
        return request_finding(out, "Dòng %u, cột \"Đơn vị công tác\": \"%s\": %s", asked->place,
                               asked->unit,
                               cv_error_is(failure, CV_ERROR_INPUT)
                                   ? "nhiều đơn vị mang tên này; ghi địa chỉ hoặc mã của đơn vị"
                                   : "không có đơn vị này trong danh sách");
    g_auto(RequestFound) reach = {0};
    if (!request_check_reach(c, found->id, &ok, &reach, error))
        return FALSE;
    if (!ok)
        return request_finding(out, "Dòng %u, cột \"Đơn vị công tác\": \"%s\" %s", asked->place,
                               asked->unit, reach.finding);
    *unit = g_steal_pointer(&found);
    return TRUE;
}

/* ---- People ---- */

static const GPtrArray *people_of(RequestCheck *c, gint64 unit, GError **error) {
    GPtrArray *people = g_hash_table_lookup(c->people, &unit);
    if (people != NULL)
        return people;
    people = directory_match_people(c->directory, c->conn, unit, error);
    if (people != NULL)
        g_hash_table_insert(c->people, g_memdup2(&unit, sizeof unit), people);
    return people;
}

static gboolean contradicts(const DirectoryMatch *match, const RequestAsked *asked) {
    return (*asked->birth != '\0' && *match->birth != '\0' &&
            !g_str_equal(asked->birth, match->birth)) ||
           (*asked->identity != '\0' && match->has_identity);
}

/* By identity number; *out NULL: nobody has it, or a finding. */
static gboolean by_identity(RequestCheck *c, const RequestAsked *asked, DirectoryMatch **out,
                            RequestFound *found, GError **error) {
    *out = NULL;
    if (*asked->identity == '\0')
        return TRUE;
    g_autoptr(DirectoryMatch) match = NULL;
    if (!directory_match_identity(c->directory, c->conn, asked->identity, &match, error))
        return FALSE;
    if (match == NULL)
        return TRUE;
    g_autofree char *key = directory_name_key(asked->name);
    if (*asked->name != '\0' && !g_str_equal(key, match->key))
        return request_finding(found,
                               "Dòng %u, cột \"Số CMT/CCCD\": số này đã thuộc về một người mang "
                               "tên khác",
                               asked->place);
    *out = g_steal_pointer(&match);
    return TRUE;
}

/* Those of a unit who bear the name and nothing speaks against it; open: not closed ones. */
static GPtrArray *namesakes(const GPtrArray *people, const RequestAsked *asked, gboolean open) {
    GPtrArray *found = g_ptr_array_new();
    g_autofree char *key = directory_name_key(asked->name);
    for (guint i = 0; i < people->len; i++) {
        DirectoryMatch *match = people->pdata[i];
        gboolean is_open = match->account != 0 && match->state != DIRECTORY_CLOSED;
        if (is_open == open && g_str_equal(key, match->key) && !contradicts(match, asked))
            g_ptr_array_add(found, match);
    }
    return found;
}

static char *addresses_of(const GPtrArray *matches) {
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < matches->len; i++) {
        const DirectoryMatch *match = matches->pdata[i];
        g_string_append_printf(list, "%s%s", i == 0 ? "" : ", ",
                               *match->address == '\0' ? match->name : match->address);
    }
    return g_string_free(list, FALSE);
}

/* By name and unit: exactly one, or a finding. */
static gboolean by_name(RequestCheck *c, const RequestAsked *asked, gint64 unit,
                        const DirectoryMatch **out, RequestFound *found, GError **error) {
    const GPtrArray *people = people_of(c, unit, error);
    if (people == NULL)
        return FALSE;
    g_autoptr(GPtrArray) matches = namesakes(people, asked, TRUE);
    if (matches->len == 0) {
        g_ptr_array_unref(matches);
        matches = namesakes(people, asked, FALSE);
    }
    if (matches->len == 1) {
        *out = matches->pdata[0];
        return TRUE;
    }
    if (matches->len == 0)
        return request_finding(found,
                               "Dòng %u, cột \"Họ và tên\": \"%s\": không có người này trong đơn "
                               "vị, theo số định danh cũng như theo tên",
                               asked->place, asked->name);
    g_autofree char *list = addresses_of(matches);
    return request_finding(found,
                           "Dòng %u, cột \"Họ và tên\": \"%s\": có %u người cùng tên (%s); ghi số "
                           "định danh hoặc ngày sinh để biết là ai",
                           asked->place, asked->name, matches->len, list);
}

gboolean request_check_person(RequestCheck *c, const RequestAsked *asked, gint64 unit,
                              const DirectoryMatch **out, DirectoryMatch **owned,
                              RequestFound *found, GError **error) {
    *out = *owned = NULL;
    if (!by_identity(c, asked, owned, found, error))
        return FALSE;
    *out = *owned;
    return found->finding != NULL || *out != NULL || by_name(c, asked, unit, out, found, error);
}

/* ---- cấp mới ---- */

static gboolean check_known(RequestCheck *c, const RequestAsked *asked, gint64 unit,
                            RequestFound *out, GError **error) {
    g_autoptr(DirectoryMatch) known = NULL;
    if (!by_identity(c, asked, &known, out, error))
        return FALSE;
    if (out->finding != NULL)
        return TRUE;
    if (known != NULL)
        return request_finding(out, "Dòng %u: %s đã có tài khoản %s%s", asked->place, known->name,
                               known->address,
                               known->state == DIRECTORY_CLOSED ? ", đã hủy bỏ" : "");
    const GPtrArray *people = people_of(c, unit, error);
    if (people == NULL)
        return FALSE;
    g_autofree char *key = directory_name_key(asked->name);
    for (guint i = 0; i < people->len; i++) {
        const DirectoryMatch *match = people->pdata[i];
        if (g_str_equal(match->key, key) && !contradicts(match, asked))
            return request_finding(out,
                                   "Dòng %u, cột \"Họ và tên\": \"%s\": đơn vị đã có người cùng "
                                   "tên (%s) mà ngày sinh, số định danh không cho biết là người "
                                   "khác; ghi đủ hai mục ấy",
                                   asked->place, asked->name, match->address);
    }
    return TRUE;
}

static gboolean taken_or_proposed(const char *local, gboolean *taken, gpointer data,
                                  GError **error) {
    const RequestCheck *c = data;
    *taken = g_hash_table_contains(c->proposed, local);
    return *taken || directory_local_taken(local, taken, c->conn, error);
}

/* [Điều 3.2] The number of a collision is only proposed here: it is given when the line is done. */
static gboolean propose(RequestCheck *c, const RequestAsked *asked, const DirectoryUnit *unit,
                        RequestFound *out, GError **error) {
    g_auto(NamingProposal) proposal = {0};
    g_autoptr(GError) failure = NULL;
    NamingPerson naming = {.name = bytes_of_string(asked->name),
                           .suffix = unit->suffix,
                           .identity = *asked->identity == '\0' ? NULL : asked->identity};
    if (!naming_person(c->regulation, &naming, taken_or_proposed, c, &proposal, &failure)) {
        if (proposal.refusal != NULL)
            return request_finding(out, "Dòng %u, cột \"Họ và tên\": \"%s\": %s", asked->place,
                                   asked->name, proposal.refusal->text_vi);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_hash_table_add(c->proposed, g_strdup(proposal.local));
    out->address = g_strconcat(proposal.local, "@", directory_domain(c->directory), NULL);
    return TRUE;
}

static gboolean check_new(RequestCheck *c, guint line, const RequestAsked *asked, RequestFound *out,
                          GError **error) {
    g_autoptr(DirectoryUnit) unit = NULL;
    if (!unit_of_line(c, asked, &unit, out, error))
        return FALSE;
    if (unit == NULL)
        return TRUE;
    out->unit = unit->id;
    if (!check_known(c, asked, unit->id, out, error))
        return FALSE;
    if (out->finding != NULL)
        return TRUE;
    g_autofree char *name = directory_name_key(asked->name);
    char *key = *asked->identity != '\0' ? g_strconcat("identity ", asked->identity, NULL)
                                         : g_strdup_printf("name %" G_GINT64_FORMAT " %s %s",
                                                           unit->id, name, asked->birth);
    see(c, key, line, asked, out);
    return out->finding != NULL || propose(c, asked, unit, out, error);
}

/* ---- tạm khóa, hủy bỏ, mở khóa, cấp lại mật khẩu ---- */

gboolean request_check_account(RequestCheck *c, const char *address, DirectoryAccount **account,
                               RequestFound *out, GError **error) {
    g_autoptr(GError) failure = NULL;
    *account = directory_account_find_in(c->directory, c->conn, address, &failure);
    if (storage_failed(failure, error))
        return FALSE;
    return *account != NULL || request_finding(out, "không có tài khoản %s", address);
}

/* "Tài khoản cơ quan", or the unit's own name: the unit's own account. */
static gboolean means_unit(const RequestAsked *asked, const DirectoryUnit *unit) {
    static const char *const words[] = {"taikhoancoquan", "taikhoandonvi", "hopthucoquan",
                                        "hopthudonvi", "thucoquan"};
    g_autofree char *said = request_form_key(asked->name);
    g_autofree char *name = request_form_key(unit->name);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_equal(said, words[i]))
            return TRUE;
    return *said != '\0' && g_str_equal(said, name);
}

/* The account that the line is about; *account NULL after a finding. */
static gboolean account_of_line(RequestCheck *c, const RequestAsked *asked,
                                DirectoryAccount **account, RequestFound *out, GError **error) {
    g_autoptr(DirectoryUnit) unit = NULL;
    g_autoptr(DirectoryMatch) owned = NULL;
    const DirectoryMatch *match = NULL;
    *account = NULL;
    if (*asked->address != '\0')
        return request_check_account(c, asked->address, account, out, error);
    if (!unit_of_line(c, asked, &unit, out, error))
        return FALSE;
    if (unit == NULL)
        return TRUE;
    if (means_unit(asked, unit))
        return (*account = directory_account_in(c->directory, c->conn, unit->account, error)) !=
               NULL;
    if (!request_check_person(c, asked, unit->id, &match, &owned, out, error))
        return FALSE;
    if (match == NULL)
        return TRUE;
    if (match->account == 0)
        return request_finding(out, "Dòng %u: %s chưa có tài khoản", asked->place, match->name);
    *account = directory_account_in(c->directory, c->conn, match->account, error);
    return *account != NULL;
}

static gboolean check_state(const RequestAsked *asked, const DirectoryAccount *account,
                            RequestFound *out) {
    const char *why = NULL;
    if (account->state == DIRECTORY_CLOSED)
        why = "đã hủy bỏ";
    else if (asked->act == REQUEST_ACT_LOCK && account->state == DIRECTORY_LOCKED)
        why = "đang tạm khóa rồi";
    else if (asked->act == REQUEST_ACT_UNLOCK && account->state != DIRECTORY_LOCKED)
        why = "không bị tạm khóa";
    else if (account->kind == DIRECTORY_SERVICE)
        why = "phải luôn có người nhận, không khóa hay hủy bỏ được";
    else if (asked->act == REQUEST_ACT_RESET && account->kind != DIRECTORY_PERSON)
        why =
            "là tài khoản cơ quan: giao cho người quản lý, sử dụng (khoản 2 Điều 6 Quy chế), không "
            "cấp mật khẩu dùng chung";
    return why == NULL ||
           request_finding(out, "Dòng %u: tài khoản %s %s", asked->place, account->address, why);
}

/* The form may give the address and the name: they must be one person's. */
static gboolean check_name(const RequestAsked *asked, const DirectoryAccount *account,
                           RequestFound *out) {
    if (*asked->name == '\0' || *asked->address == '\0')
        return TRUE;
    g_autofree char *said = directory_name_key(asked->name);
    g_autofree char *is = directory_name_key(account->name);
    return g_str_equal(said, is) ||
           request_finding(out,
                           "Dòng %u, cột \"Họ và tên\": \"%s\": tài khoản %s là của người mang tên "
                           "khác",
                           asked->place, asked->name, account->address);
}

static gboolean check_existing(RequestCheck *c, guint line, const RequestAsked *asked,
                               RequestFound *out, GError **error) {
    g_autoptr(DirectoryAccount) account = NULL;
    gboolean ok = FALSE;
    if (!account_of_line(c, asked, &account, out, error))
        return FALSE;
    if (account == NULL)
        return TRUE;
    g_auto(RequestFound) reach = {0};
    if (!request_check_reach(c, account->unit, &ok, &reach, error))
        return FALSE;
    if (!ok)
        return request_finding(out, "Dòng %u: tài khoản %s %s", asked->place, account->address,
                               reach.finding);
    out->account = account->id;
    out->address = g_strdup(account->address);
    check_name(asked, account, out);
    if (out->finding == NULL)
        check_state(asked, account, out);
    if (out->finding == NULL)
        see(c, g_strdup_printf("account %" G_GINT64_FORMAT, account->id), line, asked, out);
    return TRUE;
}

/* ---- A line ---- */

gboolean request_check_line(RequestCheck *c, guint line, const RequestAsked *asked,
                            RequestFound *out, GError **error) {
    if (asked->fault != NULL)
        return request_finding(out, "%s", asked->fault);
    if (asked->act == REQUEST_ACT_NEW)
        return check_new(c, line, asked, out, error);
    if (asked->act != REQUEST_ACT_CHANGE)
        return check_existing(c, line, asked, out, error);
    if (!request_check_change(c, asked, out, error))
        return FALSE;
    if (out->finding == NULL)
        see(c,
            g_strdup_printf("change %" G_GINT64_FORMAT " %d", out->account,
                            (int)request_field_read(asked->what)),
            line, asked, out);
    return TRUE;
}
