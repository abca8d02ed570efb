/* Old fonts are told from Latin-1 by what their words become. */
#include "text/legacy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *in, TextLegacy legacy, const char *out) {
    TextLegacy guess = text_legacy_guess(bytes_of_string(in));
    if (guess != legacy)
        fail_msg("\"%s\" is taken for %d", in, guess);
    if (out == NULL)
        return;
    g_autofree char *text = text_legacy_convert(bytes_of_string(in), legacy, NULL);
    assert_string_equal(text, out);
}

static void tcvn3_is_read(void **state) {
    check("Th«ng tin", TEXT_LEGACY_TCVN3, "Thông tin");
    check("Céng hoµ x· héi chñ nghÜa ViÖt Nam", TEXT_LEGACY_TCVN3,
          "Cộng hoà xã hội chủ nghĩa Việt Nam");
    check("§éc lËp - Tù do - H¹nh phóc", TEXT_LEGACY_TCVN3, "Độc lập - Tự do - Hạnh phúc");
    check("KÝnh göi: Së Th«ng tin vµ TruyÒn th«ng; ngµy 05/6/2006, sè 12/Q§-UBND",
          TEXT_LEGACY_TCVN3,
          "Kính gửi: Sở Thông tin và Truyền thông; ngày 05/6/2006, số 12/QĐ-UBND");
    check("­u tiªn c\xC2\xADng quyÕt", TEXT_LEGACY_TCVN3, "ưu tiên cưng quyết");
}

static void vni_is_read(void **state) {
    check("Thoâng tin coâng vaên", TEXT_LEGACY_VNI, "Thông tin công văn");
    check("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", TEXT_LEGACY_VNI,
          "Cộng hòa xã hội chủ nghĩa Việt Nam");
    check("Ñoäc laäp - Töï do - Haïnh phuùc", TEXT_LEGACY_VNI, "Độc lập - Tự do - Hạnh phúc");
    check("COÄNG HOØA XAÕ HOÄI CHUÛ NGHÓA VIEÄT NAM", TEXT_LEGACY_VNI,
          "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    check("quyeát ñònh höôùng daãn kyù", TEXT_LEGACY_VNI, "quyết định hướng dẫn ký");
}

static void what_is_no_old_font_stays(void **state) {
    static const char *const texts[] = {
        "",
        "plain and dull",
        "Thông tin và truyền thông",
        "không có ông tôi là ai",
        "không",
        "Où est déjà le café? Ça va, à côté de la forêt, très près du théâtre français.",
        "«Voilà», dit-elle, «c'est l'été où naît la fête».",
        "Größe über für Straße Mädchen schön Äpfel",
        "El niño comió mañana el año señor acción también",
        "Não há informação, amanhã são três",
        "5µm, 20µg, £m 3, 25°C, 10 m²; ±3 §5 © 2006 ®",
        "price 100£ or 90¢",
        "会议 Привет",
        "på gång är det så här; smörgåsbord, blåbær, fjörð",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        check(texts[i], TEXT_LEGACY_NONE, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcvn3_is_read),
        cmocka_unit_test(vni_is_read),
        cmocka_unit_test(what_is_no_old_font_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
