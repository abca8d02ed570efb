/* Composing never looks at the regulation's meaning: it appends what each part stands for and
 * notices what is missing, malformed or too long. */
#include "regulation/compose.h"

typedef struct {
    char *out;
    gsize n;
    gboolean full;
} Local;

static void append(Local *local, const void *p, gsize n) {
    if (n > NAMING_LOCAL_MAXIMUM - local->n) {
        local->full = TRUE;
        return;
    }
    memcpy(local->out + local->n, p, n);
    local->n += n;
}

gboolean naming_is_local(const char *text, gboolean dots) {
    gsize n = 0;
    gboolean word = FALSE; /* inside a word */
    for (; text[n] != 0; n++) {
        if (text[n] == '.' && dots && word) {
            word = FALSE;
            continue;
        }
        if (!g_ascii_islower(text[n]) && !g_ascii_isdigit(text[n]))
            return FALSE;
        word = TRUE;
    }
    return word && n <= NAMING_LOCAL_MAXIMUM;
}

static void append_words(Local *local, const TextName *words, gboolean initials, gsize but) {
    for (gsize i = 0; i < words->count; i++) {
        Bytes word = text_name_word(words, i);
        if (i != but)
            append(local, word.p, initials ? 1 : word.n);
    }
}

static void append_number(Local *local, gint64 number) {
    char digits[20];
    gsize at = sizeof digits;
    guint64 value = (guint64)number;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    append(local, digits + at, sizeof digits - at);
}

static ComposeResult append_identity(Local *local, const char *identity, guint count) {
    if (identity == NULL)
        return COMPOSE_MISSING;
    gsize n = strlen(identity);
    if (n < count || strspn(identity, "0123456789") != n)
        return COMPOSE_BAD;
    append(local, identity + n - count, count);
    return COMPOSE_OK;
}

/* The parts whose value is a ready text, where it lies in Facts, and what an operator calls it. */
typedef struct {
    const char *vi, *en;
    gboolean ready;
    gboolean dots;
    gsize offset;
} PartText;

static const PartText part_texts[] = {
    [PART_LITERAL] = {"chữ cố định", "literal", FALSE, FALSE, 0},
    [PART_INITIALS] = {"tên", "name", FALSE, FALSE, 0},
    [PART_GIVEN] = {"tên riêng", "given name", FALSE, FALSE, 0},
    [PART_WORDS] = {"tên", "name", FALSE, FALSE, 0},
    [PART_PLACE] = {"tên", "name", FALSE, FALSE, 0},
    [PART_PLACE_INITIALS] = {"tên", "name", FALSE, FALSE, 0},
    [PART_NUMBER] = {"số thứ tự", "number", FALSE, FALSE, 0},
    [PART_IDENTITY] = {"số định danh cá nhân", "identity number", FALSE, FALSE,
                       offsetof(Facts, identity)},
    [PART_ABBREVIATION] = {"tên viết tắt", "abbreviation", TRUE, FALSE,
                           offsetof(Facts, abbreviation)},
    [PART_ADDRESS] = {"địa chỉ", "address", TRUE, TRUE, offsetof(Facts, address)},
    [PART_AGREED] = {"địa chỉ thỏa thuận", "agreed address", TRUE, TRUE, offsetof(Facts, agreed)},
    [PART_SUFFIX] = {"đơn vị công tác", "unit", TRUE, TRUE, offsetof(Facts, suffix)},
    [PART_PARENT_ADDRESS] = {"cơ quan cấp trên", "parent", TRUE, TRUE,
                             offsetof(Facts, parent_address)},
    [PART_PARENT_ABBREVIATION] = {"cơ quan cấp trên", "parent", TRUE, FALSE,
                                  offsetof(Facts, parent_abbreviation)},
    [PART_PARENT_SUFFIX] = {"cơ quan cấp trên", "parent", TRUE, TRUE,
                            offsetof(Facts, parent_suffix)},
};

const char *compose_part_name(PartKind part, gboolean vietnamese) {
    return vietnamese ? part_texts[part].vi : part_texts[part].en;
}

const char *compose_part_value(PartKind part, const Facts *facts) {
    gsize offset = part_texts[part].offset;
    if (offset == 0)
        return NULL;
    return *(const char *const *)(const void *)((const char *)facts + offset);
}

static ComposeResult append_ready(Local *local, PartKind part, const Facts *facts) {
    const char *value = compose_part_value(part, facts);
    if (value == NULL || value[0] == 0)
        return COMPOSE_MISSING;
    if (!naming_is_local(value, part_texts[part].dots))
        return COMPOSE_BAD;
    append(local, value, strlen(value));
    return COMPOSE_OK;
}

static ComposeResult append_part(Local *local, const Part *part, const Facts *facts) {
    if (part_texts[part->kind].ready)
        return append_ready(local, part->kind, facts);
    if (part->kind == PART_LITERAL)
        append(local, part->text, strlen(part->text));
    else if (part->kind == PART_NUMBER)
        append_number(local, facts->number);
    else if (part->kind == PART_IDENTITY)
        return append_identity(local, facts->identity, part->count);
    else if (part->kind == PART_INITIALS)
        append_words(local, facts->words, TRUE, facts->given);
    else if (part->kind == PART_GIVEN) {
        Bytes given = text_name_word(facts->words, facts->given);
        append(local, given.p, given.n);
    } else if (part->kind == PART_WORDS)
        append_words(local, facts->words, FALSE, G_MAXSIZE);
    else if (part->kind == PART_PLACE_INITIALS)
        append_words(local, facts->place_spoken, TRUE, G_MAXSIZE);
    else
        append_words(local, facts->place_words, FALSE, G_MAXSIZE);
    return COMPOSE_OK;
}

ComposeResult compose(const Form *form, const Facts *facts, char out[NAMING_LOCAL_MAXIMUM + 1],
                      PartKind *bad) {
    Local local = {.out = out};
    for (gsize i = 0; i < form->n; i++) {
        ComposeResult result = append_part(&local, &form->parts[i], facts);
        if (result != COMPOSE_OK) {
            *bad = form->parts[i].kind;
            return result;
        }
    }
    out[local.n] = 0;
    return local.full ? COMPOSE_LONG : COMPOSE_OK;
}
