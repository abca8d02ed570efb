/* notice schedule | list | show | document | cancel | done: stops of the service [Điều 10.2.b]. */
#include "cli/letter.h"

#include "admin/view.h"
#include "serve/stops.h"

enum { LISTING_MAXIMUM = 16 * 1024 * 1024 };

static gboolean take_id(CliCall *call, gint64 *id) {
    guint64 number;
    const char *said = call->arguments[0];
    if (g_str_has_prefix(said, "TB-"))
        said += strlen("TB-");
    if (bytes_parse_u64(bytes_of_string(said), &number) && number > 0 && number <= G_MAXINT64) {
        *id = (gint64)number;
        return TRUE;
    }
    g_string_append_printf(call->err,
                           "congvu: \"%s\" không phải số của một thông báo; it is no notice's "
                           "number (notice list shows them)\n",
                           call->arguments[0]);
    return FALSE;
}

/* ---- As text ---- */

static void print_line(CliCall *call, const Notice *n) {
    g_autofree char *from = cli_time(n->from);
    g_autofree char *until = cli_time(n->until);
    cli_print(call, "%" G_GINT64_FORMAT "\t%.16s\t%.16s\t%s\t%s\t%s\n", n->id, from, until,
              *n->emergency != '\0' ? "khẩn cấp" : "theo kế hoạch", notice_state_text(n->state),
              n->reason);
}

static void print_whole(CliCall *call, const Notice *n) {
    g_autofree char *from = cli_time(n->from);
    g_autofree char *until = cli_time(n->until);
    g_autofree char *made = cli_time(n->made);
    g_autofree char *ended = cli_time(n->ended);
    g_autofree char *name = notice_name(n->id);
    cli_print(call,
              "thông báo: %s\ntạm ngừng: %.16s – %.16s\nlý do: %s\nngười lập: %s, %s\n"
              "trạng thái: %s\n",
              name, from, until, n->reason, n->made_by, made, notice_state_text(n->state));
    if (*n->emergency != '\0')
        cli_print(call, "khẩn cấp: %s\n", n->emergency);
    if (n->ended != 0)
        cli_print(call, "kết thúc: %s, %s%s%s\n", n->ended_by, ended,
                  *n->ended_why == '\0' ? "" : ", lý do: ", n->ended_why);
    if (n->told != 0)
        cli_print(call,
                  "thư thông báo: đã gửi đến %" G_GINT64_FORMAT " hộp thư, %" G_GINT64_FORMAT
                  " hộp thư không nhận được\n",
                  n->delivered, n->refused);
    else
        cli_print(call, "thư thông báo: chưa gửi xong\n");
    if (n->ended != 0)
        cli_print(call, "thư kết thúc: %s\n", n->told_end != 0 ? "đã gửi" : "chưa gửi xong");
}

static int show(CliCall *call, gint64 id) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Notice) notice = notice_find(call->instance->directory, id, &error);
    if (notice == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    if (!call->json) {
        print_whole(call, notice);
        return CLI_DONE;
    }
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    JsonWriter w = json_writer(&document);
    admin_write_notice(&w, notice);
    cli_print_json(call, &document);
    return CLI_DONE;
}

/* The act stands and is on record; now everybody hears of it. */
static int tell(CliCall *call, gint64 id) {
    g_autoptr(GError) error = NULL;
    stops_refresh(call->instance);
    if (!instance_apply_pending(call->instance, &error) || !stops_tell(call->instance, &error)) {
        g_string_append_printf(call->err,
                               "congvu: đã ghi nhận nhưng thư chưa gửi xong; recorded, but the "
                               "mail is not sent to everybody yet: %s\n"
                               "  It goes on within a minute and at every start.\n",
                               error->message);
        return CLI_REFUSED;
    }
    return show(call, id);
}

/* ---- Commands ---- */

int cli_notice_schedule(CliCall *call) {
    char *from = NULL, *to = NULL, *reason = NULL, *emergency = NULL;
    const CliOption options[] = {
        {"from", &from, NULL, "when it begins, \"YYYY-MM-DD hh:mm\"", TRUE, NULL},
        {"to", &to, NULL, "when it ends; a day alone: the end of that day", TRUE, NULL},
        {"reason", &reason, NULL, "why the service stops; everybody reads it", TRUE, NULL},
        {"emergency", &emergency, NULL, "why it cannot be announced two working days before", FALSE,
         NULL},
        {NULL},
    };
    int status;
    NewNotice new = {0};
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if (!cli_moment(call, "--from", from, FALSE, &new.from) ||
        !cli_moment(call, "--to", to, TRUE, &new.until))
        return CLI_USAGE;
    new.reason = reason;
    new.emergency = emergency;
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(Notice) notice =
        notice_schedule(call->instance->directory, regulation, &new, &act, &error);
    if (notice == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    return tell(call, notice->id);
}

int cli_notice_list(CliCall *call) {
    gboolean open = FALSE;
    const CliOption options[] = {
        {"open", NULL, &open, "only those that are neither cancelled nor done", FALSE, NULL},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list =
        notice_list(call->instance->directory, open ? NOTICE_OPEN : NOTICE_ALL, &error);
    if (list == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_auto(Buffer) document;
    buffer_init(&document, LISTING_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '[');
    for (guint i = 0; i < list->len; i++) {
        if (call->json)
            admin_write_notice(&w, list->pdata[i]);
        else
            print_line(call, list->pdata[i]);
    }
    json_close(&w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_notice_show(CliCall *call) {
    gint64 id;
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    return take_id(call, &id) ? show(call, id) : CLI_USAGE;
}

int cli_notice_document(CliCall *call) {
    char *to = NULL;
    CliLetter letter = {0};
    LetterHead head = {.day = CALENDAR_NONE};
    LetterSigner signer = {0};
    const CliOption options[] = {
        {"to", &to, NULL, "the file (.docx); - is standard output", TRUE},
        CLI_LETTER_OPTIONS(letter),
        {NULL},
    };
    gint64 id;
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!take_id(call, &id) || !cli_letter(call, &letter, &head, &signer))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(Notice) notice = notice_find(call->instance->directory, id, &error);
    g_autoptr(GBytes) file =
        notice == NULL ? NULL : notice_document(regulation, notice, &head, &signer, &error);
    if (file == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    cli_give(call, NULL, FALSE, file);
    if (!g_str_equal(call->to, "-"))
        cli_print(call, "%s\n", call->to);
    return CLI_DONE;
}

int cli_notice_cancel(CliCall *call) {
    char *reason = NULL;
    gint64 id;
    const CliOption options[] = {
        {"reason", &reason, NULL, "why it is not needed; everybody reads it", TRUE, NULL},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!take_id(call, &id))
        return CLI_USAGE;
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    if (!notice_cancel(call->instance->directory, id, reason, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return tell(call, id);
}

int cli_notice_done(CliCall *call) {
    gint64 id;
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    if (!take_id(call, &id))
        return CLI_USAGE;
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    if (!notice_done(call->instance->directory, id, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return tell(call, id);
}
