/* Form 2: "Thông tin cần thay đổi" and "Thông tin mới" are free text [PL2.2], and the form has no
 * column that says whose. The account is the address in the first column, or the identity number
 * there; what changes is the first word of it that names a field. Where two fields are named, or
 * none, nothing is guessed: the line is returned to be written clearly. */
#include "casework/internal.h"

#include "text/fold.h"

static const struct {
    const char *words; /* folded */
    RequestField field;
} fields[] = {
    {"ho va ten", REQUEST_FIELD_NAME},
    {"ho ten", REQUEST_FIELD_NAME},
    {"ten", REQUEST_FIELD_NAME},
    {"chuc vu", REQUEST_FIELD_TITLE},
    {"chuc danh", REQUEST_FIELD_TITLE},
    {"don vi", REQUEST_FIELD_UNIT},
    {"co quan", REQUEST_FIELD_UNIT},
    {"noi cong tac", REQUEST_FIELD_UNIT},
    {"phong ban", REQUEST_FIELD_UNIT},
    {"ngay sinh", REQUEST_FIELD_BIRTH},
    {"ngay thang nam sinh", REQUEST_FIELD_BIRTH},
    {"gioi tinh", REQUEST_FIELD_SEX},
    {"cccd", REQUEST_FIELD_IDENTITY},
    {"cmt", REQUEST_FIELD_IDENTITY},
    {"cmnd", REQUEST_FIELD_IDENTITY},
    {"can cuoc", REQUEST_FIELD_IDENTITY},
    {"dinh danh", REQUEST_FIELD_IDENTITY},
};

/* ---- Which field ---- */

/* Where whole words stand in a text; NULL: nowhere. */
static const char *find_words(const char *text, const char *words) {
    gsize n = strlen(words);
    for (const char *p = strstr(text, words); p != NULL; p = strstr(p + 1, words))
        if ((p == text || !g_ascii_isalnum(p[-1])) && !g_ascii_isalnum(p[n]))
            return p;
    return NULL;
}

/* The first field that is named in text, and where behind its words; NULL: none. */
static const char *first_field(const char *text, RequestField *field) {
    const char *first = NULL, *behind = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        const char *at = find_words(text, fields[i].words);
        const char *end = at == NULL ? NULL : at + strlen(fields[i].words);
        if (at == NULL || (first != NULL && (at > first || (at == first && end <= behind))))
            continue;
        first = at;
        behind = end;
        *field = fields[i].field;
    }
    return behind;
}

RequestField request_field_read(const char *what) {
    g_autofree char *folded = text_fold(bytes_of_string(what));
    /* An address is no word: "ten.snv@…" names no field. */
    for (char *at = strchr(folded, '@'); at != NULL; at = strchr(at + 1, '@')) {
        char *from = at, *to = at;
        while (from > folded && !g_ascii_isspace(from[-1]))
            from--;
        while (*to != '\0' && !g_ascii_isspace(*to) && *to != ':' && *to != ';')
            to++;
        memset(from, ' ', (gsize)(to - from));
    }
    RequestField field = REQUEST_FIELD_NONE, second = REQUEST_FIELD_NONE;
    const char *rest = first_field(folded, &field);
    if (rest == NULL)
        return REQUEST_FIELD_NONE;
    /* What stands behind a colon is the old value. */
    g_autofree char *before_value = g_strndup(rest, strcspn(rest, ":"));
    const char *more = first_field(before_value, &second);
    return more == NULL || second == field ? field : REQUEST_FIELD_SEVERAL;
}

/* ---- Whose ---- */

/* The one word of text with an @ in it, without signs around it; g_free. NULL: none, or several. */
static char *address_in(const char *text) {
    g_auto(GStrv) words = g_strsplit_set(text, " \t,;:()<>[]\"", -1);
    char *found = NULL;
    for (gsize i = 0; words[i] != NULL; i++) {
        if (strchr(words[i], '@') == NULL)
            continue;
        if (found != NULL) {
            g_free(found);
            return NULL;
        }
        found = g_strdup(words[i]);
    }
    return found;
}

static gboolean whose(RequestCheck *c, const RequestAsked *asked, DirectoryAccount **account,
                      RequestFound *out, GError **error) {
    g_autofree char *address =
        *asked->address != '\0' ? g_strdup(asked->address) : address_in(asked->what);
    g_autoptr(DirectoryMatch) match = NULL;
    *account = NULL;
    if (address != NULL)
        return request_check_account(c, address, account, out, error);
    gboolean number =
        *asked->identity != '\0' && request_field_read(asked->what) != REQUEST_FIELD_IDENTITY;
    if (number && !directory_match_identity(c->directory, c->conn, asked->identity, &match, error))
        return FALSE;
    if (match == NULL || match->account == 0)
        return request_finding(out,
                               "Dòng %u, cột \"Thông tin cần thay đổi\": không biết là tài khoản "
                               "nào; ghi địa chỉ thư, rồi mục cần đổi, ví dụ: tvanh.stttt@%s: chức "
                               "vụ",
                               asked->place, directory_domain(c->directory));
    *account = directory_account_in(c->directory, c->conn, match->account, error);
    return *account != NULL;
}

/* ---- What it will be ---- */

static gboolean mean_unit(RequestCheck *c, const RequestAsked *asked, RequestFound *out,
                          GError **error) {
    g_autoptr(GError) failure = NULL;
    g_autoptr(DirectoryUnit) unit =
        directory_unit_named(c->directory, c->conn, c->names, out->meant.value, 0, &failure);
    if (unit != NULL) {
        out->meant.change.unit = unit->id;
        return TRUE;
    }
    if (cv_error_is(failure, CV_ERROR_STORAGE) || cv_error_is(failure, CV_ERROR_CORRUPT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return request_finding(out, "Dòng %u, cột \"Thông tin mới\": \"%s\": %s", asked->place,
                           asked->wanted,
                           cv_error_is(failure, CV_ERROR_INPUT)
                               ? "nhiều đơn vị mang tên này; ghi địa chỉ hoặc mã của đơn vị"
                               : "không có đơn vị này trong danh sách");
}

static gboolean mean(RequestCheck *c, const RequestAsked *asked, RequestFound *out,
                     GError **error) {
    RequestMeant *meant = &out->meant;
    meant->value = text_nfc(bytes_of_string(asked->wanted));
    switch (request_field_read(asked->what)) {
    case REQUEST_FIELD_NAME:
        meant->change.name = meant->value;
        return TRUE;
    case REQUEST_FIELD_TITLE:
        meant->change.title = meant->value;
        return TRUE;
    case REQUEST_FIELD_UNIT:
        return mean_unit(c, asked, out, error);
    case REQUEST_FIELD_SEX:
        meant->change.sex = person_sex_read(meant->value);
        return meant->change.sex != NULL ||
               request_finding(out, "Dòng %u, cột \"Thông tin mới\": chỉ nhận nam, nữ",
                               asked->place);
    case REQUEST_FIELD_BIRTH: /* read, and told when wrong, with the form */
        g_strlcpy(meant->birth, asked->birth, sizeof meant->birth);
        meant->change.birth = meant->birth;
        return TRUE;
    case REQUEST_FIELD_IDENTITY:
        g_strlcpy(meant->identity, asked->identity, sizeof meant->identity);
        meant->change.identity = meant->identity;
        return TRUE;
    case REQUEST_FIELD_NONE:
    case REQUEST_FIELD_SEVERAL:
        break;
    }
    return request_finding(out,
                           "Dòng %u, cột \"Thông tin cần thay đổi\": cần ghi một mục: họ và tên, "
                           "chức vụ, đơn vị công tác, ngày sinh, giới tính hoặc số CCCD; nhiều mục "
                           "thì mỗi mục một dòng",
                           asked->place);
}

/* The unit that the person leaves or the one that gets the person asks [Điều 4.2.a]. */
static gboolean check_reach(RequestCheck *c, const RequestAsked *asked,
                            const DirectoryAccount *account, RequestFound *out, GError **error) {
    g_auto(RequestFound) one = {0}, other = {0};
    gboolean ok = FALSE;
    if (!request_check_reach(c, account->unit, &ok, &one, error) ||
        (!ok && out->meant.change.unit != 0 &&
         !request_check_reach(c, out->meant.change.unit, &ok, &other, error)))
        return FALSE;
    return ok || request_finding(out, "Dòng %u: tài khoản %s %s", asked->place, account->address,
                                 one.finding);
}

/* The address that the change would give; the same one when nothing of it changes. */
static gboolean propose(RequestCheck *c, const RequestAsked *asked, const DirectoryAccount *account,
                        RequestFound *out, GError **error) {
    g_auto(NamingProposal) proposal = {0};
    g_autoptr(GError) failure = NULL;
    if (directory_person_change_propose_in(c->directory, c->conn, c->regulation, account->id,
                                           &out->meant.change, &proposal, &failure)) {
        out->address = proposal.local[0] == '\0'
                           ? g_strdup(account->address)
                           : g_strconcat(proposal.local, "@", directory_domain(c->directory), NULL);
        return TRUE;
    }
    if (proposal.refusal == NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return request_finding(out, "Dòng %u, cột \"Thông tin mới\": \"%s\": %s", asked->place,
                           asked->wanted, proposal.refusal->text_vi);
}

gboolean request_check_change(RequestCheck *c, const RequestAsked *asked, RequestFound *out,
                              GError **error) {
    g_autoptr(DirectoryAccount) account = NULL;
    if (!whose(c, asked, &account, out, error) ||
        (out->finding == NULL && !mean(c, asked, out, error)))
        return FALSE;
    if (out->finding != NULL)
        return TRUE;
    out->account = account->id;
    if (account->kind != DIRECTORY_PERSON || account->state == DIRECTORY_CLOSED)
        return request_finding(out, "Dòng %u: tài khoản %s %s", asked->place, account->address,
                               account->kind != DIRECTORY_PERSON ? "không phải tài khoản cá nhân"
                                                                 : "đã hủy bỏ");
    if (out->meant.change.unit == account->unit && account->unit != 0)
        return request_finding(out, "Dòng %u: tài khoản %s đã thuộc đơn vị này", asked->place,
                               account->address);
    return check_reach(c, asked, account, out, error) &&
           (out->finding != NULL || propose(c, asked, account, out, error));
}
