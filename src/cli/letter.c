/* letter stop | warning | incident: what the operator writes to units, as documents to be numbered
 * and signed [Điều 10.2.b, 4.2.c, 12.3]. They change nothing and send nothing. */
#include "cli/letter.h"

#include "base/clock.h"
#include "directory/account.h"
#include "directory/activity.h"
#include "directory/people.h"
#include "directory/unit.h"

gboolean cli_letter_day(CliCall *call, const char *option, const char *text, CalendarDay *day) {
    if (calendar_parse(bytes_of_string(text), day))
        return TRUE;
    g_string_append_printf(call->err,
                           "congvu: %s: \"%s\" không phải một ngày có thật dạng NĂM-THÁNG-NGÀY; it "
                           "is no date as YYYY-MM-DD\n",
                           option, text);
    return FALSE;
}

static const char *given_or(const char *given, const char *otherwise) {
    return given != NULL ? given : otherwise;
}

gboolean cli_letter(CliCall *call, const CliLetter *letter, LetterHead *head,
                    LetterSigner *signer) {
    if (letter->date != NULL && !cli_letter_day(call, "--date", letter->date, &head->day))
        return FALSE;
    if (letter->form != NULL && !letter_sign_find(letter->form, &signer->form)) {
        g_string_append(call->err,
                        "congvu: --form là một trong self, tm, q, kt, tl, tuq; --form is "
                        "one of them\n");
        return FALSE;
    }
    head->number = given_or(letter->number, head->number);
    head->sign = given_or(letter->sign, head->sign);
    signer->authority = given_or(letter->authority, signer->authority);
    signer->title = given_or(letter->title, signer->title);
    signer->name = given_or(letter->signer, signer->name);
    return TRUE;
}

static int give(CliCall *call, GBytes *file, GError *error) {
    if (file == NULL)
        return cli_refuse(call, error);
    cli_give(call, NULL, FALSE, file);
    g_bytes_unref(file);
    if (!g_str_equal(call->to, "-"))
        cli_print(call, "%s\n", call->to);
    return CLI_DONE;
}

/* ---- stop ---- */

static gboolean may_stop(const Regulation *regulation, const LetterStop *stop, GError **error) {
    if (stop->emergency || stop->from >= stop->until)
        return TRUE; /* the letter itself refuses an end before the beginning */
    g_autoptr(Verdict) verdict =
        calendar_check_stop(regulation, calendar_day_of(stop->from),
                            calendar_day_of(stop->until - 1), calendar_day_of(clock_now()));
    return verdict->allowed || verdict_fail(verdict, error);
}

int cli_letter_stop(CliCall *call) {
    char *to = NULL, *from = NULL, *until = NULL, *why = NULL, *effect = NULL, *contact = NULL;
    CliLetter letter = {0};
    LetterStop stop = {.head = {.day = CALENDAR_NONE}};
    const CliOption options[] = {
        {"to", &to, NULL, "the file (.docx); - is standard output", TRUE},
        {"from", &from, NULL, "first moment, \"YYYY-MM-DD hh:mm\"", TRUE},
        {"until", &until, NULL, "last moment; a day means its end", TRUE},
        {"why", &why, NULL, "reason, as the notice says it", TRUE},
        {"effect", &effect, NULL, "what does not work; else: nothing works, no mail is lost",
         FALSE},
        {"contact", &contact, NULL, "whom to ask", FALSE},
        {"emergency", NULL, &stop.emergency, "outside of the times that the regulation allows",
         FALSE},
        CLI_LETTER_OPTIONS(letter),
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!cli_moment(call, "--from", from, FALSE, &stop.from) ||
        !cli_moment(call, "--until", until, TRUE, &stop.until) ||
        !cli_letter(call, &letter, &stop.head, &stop.signer))
        return CLI_USAGE;
    stop.why = why;
    stop.effect = effect;
    stop.contact = contact;
    if (!may_stop(regulation, &stop, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    GBytes *file = letter_stop(regulation, &stop, &error);
    return give(call, file, g_steal_pointer(&error));
}

/* ---- incident ---- */

/* The account's address and its person's name into the letter; *account keeps them. */
static gboolean take_account(CliCall *call, const char *address, DirectoryAccount **account,
                             LetterIncident *incident, GError **error) {
    if (address == NULL)
        return TRUE;
    *account = directory_account_find(call->instance->directory, address, error);
    if (*account == NULL)
        return FALSE;
    incident->address = (*account)->address;
    incident->name = (*account)->kind == DIRECTORY_PERSON ? (*account)->name : NULL;
    return TRUE;
}

int cli_letter_incident(CliCall *call) {
    g_autoptr(GPtrArray) asks = g_ptr_array_new();
    char *to = NULL, *address = NULL, *what = NULL, *when = NULL, *article = NULL, *measure = NULL,
         *number = NULL, *answer = NULL;
    CliLetter letter = {0};
    LetterIncident incident = {.head = {.day = CALENDAR_NONE}, .answer = CALENDAR_NONE};
    const CliOption options[] = {
        {"to", &to, NULL, "the file (.docx); - is standard output", TRUE},
        {"what", &what, NULL, "what was seen", TRUE},
        {"account", &address, NULL, "the account concerned", FALSE},
        {"when", &when, NULL, "\"YYYY-MM-DD hh:mm\"", FALSE},
        {"article", &article, NULL, "what it is against, as 8.3", FALSE},
        {"measure", &measure, NULL, "what was done", FALSE},
        {"ask", NULL, NULL, "what the unit is asked to do; also several times", FALSE, asks},
        {"answer", &answer, NULL, "by which day", FALSE},
        {"case", &number, NULL, "number of the case", FALSE},
        CLI_LETTER_OPTIONS(letter),
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if ((when != NULL && !cli_moment(call, "--when", when, FALSE, &incident.when)) ||
        (answer != NULL && !cli_letter_day(call, "--answer", answer, &incident.answer)) ||
        !cli_letter(call, &letter, &incident.head, &incident.signer))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(DirectoryAccount) account = NULL;
    g_autoptr(DirectoryUnit) unit =
        directory_unit_find(call->instance->directory, call->arguments[0], &error);
    if (unit == NULL || !take_account(call, address, &account, &incident, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    g_ptr_array_add(asks, NULL);
    incident.to = unit->name;
    incident.number = number;
    incident.what = what;
    incident.article = article;
    incident.measure = measure;
    incident.asks = (const char *const *)asks->pdata;
    GBytes *file = letter_incident(regulation, &incident, &error);
    return give(call, file, g_steal_pointer(&error));
}

/* ---- warning ---- */

typedef struct {
    CliCall *call;
    const Regulation *regulation;
    LetterWarning letter;
    GHashTable *titles; /* account → post */
    GArray *accounts;   /* LetterIdle of the unit at hand; its strings in kept */
    GPtrArray *kept;
    char *unit, *unit_name; /* full address and name of that unit */
    guint letters;
    GError *error;
} Warnings;

static void take_title(const DirectoryPerson *person, gpointer data) {
    if (person->account != 0 && *person->title != '\0')
        g_hash_table_insert(data, GSIZE_TO_POINTER((gsize)person->account),
                            g_strdup(person->title));
}

/* The letter to the unit at hand, when it has candidates. */
static gboolean write_unit(Warnings *w) {
    if (w->accounts->len == 0)
        return TRUE;
    w->letter.to = w->unit_name;
    w->letter.accounts = (const LetterIdle *)(gpointer)w->accounts->data;
    w->letter.count = w->accounts->len;
    g_autoptr(GBytes) file = letter_warning(w->regulation, &w->letter, &w->error);
    if (file == NULL)
        return FALSE;
    g_autofree char *name =
        g_strdup_printf("canh-bao-%.*s.docx", (int)strcspn(w->unit, "@"), w->unit);
    cli_give(w->call, name, FALSE, file);
    w->letters++;
    g_array_set_size(w->accounts, 0);
    g_ptr_array_set_size(w->kept, 0);
    return TRUE;
}

static const char *keep(Warnings *w, const char *text) {
    char *copy = g_strdup(text);
    g_ptr_array_add(w->kept, copy);
    return copy;
}

static gboolean take_idle(const DirectoryIdleRow *row, gpointer data) {
    Warnings *w = data;
    if (row->judgement.state != IDLE_CANDIDATE || *row->unit_address == '\0')
        return TRUE;
    if (g_strcmp0(w->unit, row->unit_address) != 0) {
        if (!write_unit(w))
            return FALSE;
        g_free(w->unit);
        g_free(w->unit_name);
        w->unit = g_strdup(row->unit_address);
        w->unit_name = g_strdup(row->unit_name);
    }
    LetterIdle idle = {
        .name = keep(w, row->name),
        .title = keep(
            w, given_or(g_hash_table_lookup(w->titles, GSIZE_TO_POINTER((gsize)row->account)), "")),
        .address = keep(w, row->address),
        .last = row->judgement.last};
    g_array_append_val(w->accounts, idle);
    return TRUE;
}

static gboolean write_all(Warnings *w, const DirectoryIdleFilter *filter) {
    Directory *directory = w->call->instance->directory;
    return directory_activity_write(directory, &w->error) &&
           directory_people_each(directory, take_title, w->titles, &w->error) &&
           directory_idle_each(directory, w->regulation, filter, take_idle, w, &w->error) &&
           w->error == NULL && write_unit(w);
}

int cli_letter_warning(CliCall *call) {
    char *to = NULL, *unit = NULL, *day = NULL;
    CliLetter letter = {0};
    DirectoryIdleFilter filter = {.today = calendar_day_of(clock_now())};
    Warnings w = {.call = call, .letter = {.head = {.day = CALENDAR_NONE}}};
    const CliOption options[] = {
        {"to", &to, NULL, "folder for the letters, one for each unit", TRUE},
        {"unit", &unit, NULL, "only accounts of this unit", FALSE},
        {"today", &day, NULL, "the day that counts as today", FALSE},
        CLI_LETTER_OPTIONS(letter),
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if ((day != NULL && !cli_letter_day(call, "--today", day, &filter.today)) ||
        !cli_letter(call, &letter, &w.letter.head, &w.letter.signer))
        return CLI_USAGE;
    filter.unit = unit;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(GHashTable) titles = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(LetterIdle));
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    w.regulation = regulation;
    w.titles = titles;
    w.accounts = accounts;
    w.kept = kept;
    w.letter.lock = regulation_idle_answer(regulation, filter.today);
    gboolean good = write_all(&w, &filter);
    g_free(w.unit);
    g_free(w.unit_name);
    if (!good)
        return cli_refuse(call, w.error);
    cli_print(call, "%s: %u văn bản\n", to, w.letters);
    return CLI_DONE;
}
