/* What the commands that change something share: on what ground, the store brought in step, sizes
 * and days as an operator writes them. */
#include "cli/cli.h"

#include "regulation/calendar.h"

/* A system on shifted ports serves one machine. */
gboolean cli_is_trial(const CliCall *call) {
    return call->instance->config->port_offset != 0;
}

gboolean cli_act(CliCall *call, const CliGround *ground, gboolean needed, AuditAct *act,
                 int *status) {
    *act = (AuditAct){.who = call->who, .ground = ""};
    if (ground->text != NULL && ground->request != NULL) {
        g_string_append(
            call->err,
            "congvu: chỉ nêu một trong hai --request, --ground; give one of them, not both\n");
        *status = CLI_USAGE;
        return FALSE;
    }
    const char *given = ground->request != NULL ? ground->request : ground->text;
    if (given != NULL && *g_strstrip((char *)given) != '\0') {
        act->ground = given;
        return TRUE;
    }
    if (!needed)
        return TRUE;
    if (cli_is_trial(call)) {
        act->ground = "bootstrap";
        return TRUE;
    }
    g_string_append(call->err,
                    "congvu: tài khoản thay đổi theo văn bản đề nghị của đơn vị (Điều 4);"
                    " say on what ground: --request ID or --ground TEXT\n");
    *status = CLI_REFUSED;
    return FALSE;
}

int cli_changed(CliCall *call) {
    g_autoptr(GError) error = NULL;
    if (instance_apply_pending(call->instance, &error))
        return CLI_DONE;
    /* The act stands and is on record; the mark that is left makes the store follow. */
    g_string_append_printf(call->err,
                           "congvu: đã thực hiện và ghi nhận nhưng hộp thư chưa theo kịp; done and "
                           "recorded, but the mailboxes do not follow yet: %s\n"
                           "  It is tried again within a minute and at every start.\n",
                           error->message);
    return CLI_REFUSED;
}

gboolean cli_size(const char *text, gint64 *bytes) {
    static const struct {
        const char *unit;
        guint shift;
    } units[] = {{"", 0},     {"B", 0},   {"KB", 10},  {"KIB", 10}, {"MB", 20},
                 {"MIB", 20}, {"GB", 30}, {"GIB", 30}, {"TB", 40},  {"TIB", 40}};
    gsize digits = strspn(text, "0123456789");
    guint64 number;
    if (!bytes_parse_u64(bytes_of(text, digits), &number))
        return FALSE;
    const char *rest = text + digits;
    while (*rest == ' ')
        rest++;
    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (g_ascii_strcasecmp(rest, units[i].unit) == 0) {
            if (number > (guint64)G_MAXINT64 >> units[i].shift)
                return FALSE;
            *bytes = (gint64)(number << units[i].shift);
            return TRUE;
        }
    return FALSE;
}

char *cli_size_text(gint64 bytes) {
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    guint unit = 0;
    double value = (double)bytes;
    while (value >= 1023.95 && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1024;
        unit++;
    }
    return unit == 0 ? g_strdup_printf("%" G_GINT64_FORMAT " B", bytes)
                     : g_strdup_printf("%.1f %s", value, units[unit]);
}

gboolean cli_day(CliCall *call, const char *option, const char *text, gint64 *microseconds) {
    CalendarDay day;
    if (!calendar_parse(bytes_of_string(text), &day)) {
        g_string_append_printf(
            call->err,
            "congvu: %s: \"%s\" không phải một ngày có thật dạng NĂM-THÁNG-NGÀY; it "
            "is no date as YYYY-MM-DD\n",
            option, text);
        return FALSE;
    }
    *microseconds = ((gint64)day * 24 - 7) * 3600 * G_USEC_PER_SEC;
    return TRUE;
}

/* Two digits below `most`, after `before` when that is not 0. */
static gboolean two_digits(Reader *r, char before, guint most, gint64 *number) {
    Bytes digits;
    guint64 value;
    if ((before != 0 && !reader_skip_byte(r, (guint8)before)) || !reader_take(r, 2, &digits) ||
        !bytes_parse_u64(digits, &value) || value >= most)
        return FALSE;
    *number = (gint64)value;
    return TRUE;
}

gboolean cli_moment(CliCall *call, const char *option, const char *text, gboolean end,
                    gint64 *microseconds) {
    gsize n = strcspn(text, " T");
    g_autofree char *day = g_strndup(text, n);
    gint64 hour = 0, minute = 0, second = 0;
    if (!cli_day(call, option, day, microseconds))
        return FALSE;
    if (text[n] == '\0') {
        *microseconds += end ? G_GINT64_CONSTANT(24) * 3600 * G_USEC_PER_SEC : 0;
        return TRUE;
    }
    Reader r = reader_of(bytes_of_string(text + n + 1));
    if (!two_digits(&r, 0, 24, &hour) || !two_digits(&r, ':', 60, &minute) ||
        (!reader_done(&r) && !two_digits(&r, ':', 60, &second)) || !reader_done(&r)) {
        g_string_append_printf(call->err,
                               "congvu: %s: \"%s\" không phải thời điểm dạng NĂM-THÁNG-NGÀY "
                               "giờ:phút; it is no moment as YYYY-MM-DD hh:mm\n",
                               option, text);
        return FALSE;
    }
    *microseconds += (hour * 3600 + minute * 60 + second) * G_USEC_PER_SEC;
    return TRUE;
}
