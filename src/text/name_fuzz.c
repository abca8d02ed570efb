/* Whatever the bytes: a split either refuses with a reason or gives words of plain letters only,
 * in order and inside the record; and a key never fails for what the splitter accepts. */
#include "text/fold.h"
#include "text/name.h"
#include "text/sort.h"

static void check(const TextName *name, gboolean digits) {
    g_assert(name->count > 0 && name->count <= TEXT_NAME_WORDS_MAXIMUM);
    for (gsize i = 0; i < name->count; i++) {
        Bytes word = text_name_word(name, i);
        g_assert(word.n > 0 && name->start[i + 1] <= TEXT_NAME_LETTERS_MAXIMUM);
        for (gsize k = 0; k < word.n; k++)
            g_assert(g_ascii_islower((char)word.p[k]) ||
                     (digits && g_ascii_isdigit((char)word.p[k])));
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    Bytes in = bytes_of(data, size);
    TextName name;
    TextRefusal refusal;
    for (int unit = 0; unit < 2; unit++) {
        if (unit ? text_unit_split(in, &name, &refusal) : text_name_split(in, &name, &refusal)) {
            check(&name, unit);
            g_autofree char *key = text_sort_key_name(in);
            g_assert(key != NULL);
        } else {
            g_assert(refusal.kind != TEXT_REFUSAL_NONE);
            g_autofree char *vi = text_refusal_vi(&refusal);
            g_autofree char *en = text_refusal_en(&refusal);
            g_assert(g_utf8_validate(vi, -1, NULL) && g_utf8_validate(en, -1, NULL));
        }
    }
    g_autofree char *fold = text_fold(in);
    g_autofree char *casefold = text_casefold(in);
    g_autofree char *nfc = text_nfc(in);
    g_assert(g_utf8_validate(fold, -1, NULL) && g_utf8_validate(casefold, -1, NULL) &&
             g_utf8_validate(nfc, -1, NULL));
    return 0;
}
