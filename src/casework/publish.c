/* Gathering: units as a tree, the accounts that may be shown under them, both sorted once; the
 * files are written from that. */
#include "casework/publish_internal.h"

#include "text/fold.h"
#include "text/sort.h"

#include "regulation/calendar.h"

enum { DEPTH = 32 };

typedef struct {
    GPtrArray *units;  /* PublishUnit * */
    GHashTable *by_id; /* gint64 → PublishUnit */
    const char *domain;
    const Regulation *regulation;
    gboolean one_page;
} Gather;

static void entry_free(gpointer data) {
    PublishEntry *entry = data;
    g_free(entry->name);
    g_free(entry->given);
    g_free(entry->title);
    g_free(entry->address);
    g_free(entry->key);
    g_free(entry);
}

static void unit_free(gpointer data) {
    PublishUnit *unit = data;
    g_free(unit->name);
    g_free(unit->local);
    g_free(unit->key);
    g_ptr_array_unref(unit->entries);
    g_ptr_array_unref(unit->below);
    g_free(unit);
}

static void file_free(gpointer data) {
    PublishFile *file = data;
    g_free(file->name);
    g_bytes_unref(file->content);
    g_free(file);
}

void publication_free(Publication *publication) {
    if (publication == NULL)
        return;
    g_ptr_array_unref(publication->files);
    g_free(publication);
}

/* One line, clean. */
static char *shown(const char *text) {
    char *clean = text_printable(bytes_of_string(text));
    return g_strdelimit(clean, "\n\t", ' ');
}

/* ---- Gathering ---- */

static gboolean take_unit(const DirectoryUnit *from, gpointer data) {
    Gather *gather = data;
    PublishUnit *unit = g_new0(PublishUnit, 1);
    unit->unit = from->id;
    unit->parent = from->parent;
    unit->name = shown(from->name);
    unit->local = g_strdup(from->address);
    unit->key = text_sort_key(bytes_of_string(unit->name));
    unit->entries = g_ptr_array_new_with_free_func(entry_free);
    unit->below = g_ptr_array_new();
    unit->page = !gather->one_page && regulation_reports(gather->regulation, from->kind);
    g_ptr_array_add(gather->units, unit);
    g_hash_table_insert(gather->by_id, &unit->unit, unit);
    return TRUE;
}

static PublishUnit *unit_of(const Gather *gather, gint64 unit) {
    return g_hash_table_lookup(gather->by_id, &unit);
}

/* A given name within the name goes to the end for the key. */
static char *key_of_person(const char *name, const char *given) {
    const char *at = *given == '\0' ? NULL : g_strrstr(name, given);
    if (at == NULL)
        return text_sort_key_name(bytes_of_string(name));
    g_autofree char *turned =
        g_strdup_printf("%.*s %s %s", (int)(at - name), name, at + strlen(given), given);
    return text_sort_key_name(bytes_of_string(turned));
}

static void take_person(const DirectoryPerson *from, gpointer data) {
    Gather *gather = data;
    PublishUnit *unit = unit_of(gather, from->unit);
    if (unit == NULL || from->account == 0 || from->excepted || from->state != DIRECTORY_ACTIVE)
        return;
    PublishEntry *entry = g_new0(PublishEntry, 1);
    entry->person = from->person != 0;
    entry->name = shown(from->name);
    entry->given = shown(from->given);
    entry->title = shown(from->title);
    entry->address = g_strdup_printf("%s@%s", from->local, gather->domain);
    entry->key = key_of_person(entry->name, entry->given);
    g_ptr_array_add(unit->entries, entry);
}

/* The unit's own account first. */
static gint by_entry(gconstpointer a, gconstpointer b) {
    const PublishEntry *one = *(PublishEntry *const *)a, *two = *(PublishEntry *const *)b;
    if (one->person != two->person)
        return one->person ? 1 : -1;
    int order = g_strcmp0(one->key, two->key);
    return order != 0 ? order : strcmp(one->address, two->address);
}

static gint by_unit(gconstpointer a, gconstpointer b) {
    const PublishUnit *one = *(PublishUnit *const *)a, *two = *(PublishUnit *const *)b;
    int order = g_strcmp0(one->key, two->key);
    return order != 0 ? order : strcmp(one->local, two->local);
}

static void make_tree(Gather *gather, GPtrArray *tops) {
    for (guint i = 0; i < gather->units->len; i++) {
        PublishUnit *unit = gather->units->pdata[i];
        PublishUnit *above = unit_of(gather, unit->parent);
        gboolean top = unit->page || above == NULL || above == unit;
        g_ptr_array_add(top ? tops : above->below, unit);
        g_ptr_array_sort(unit->entries, by_entry);
    }
    for (guint i = 0; i < gather->units->len; i++)
        g_ptr_array_sort(((PublishUnit *)gather->units->pdata[i])->below, by_unit);
    g_ptr_array_sort(tops, by_unit);
}

/* ---- Walking ---- */

typedef struct {
    void (*each)(const PublishUnit *unit, gpointer data);
    gpointer data;
} Walk;

static void walk(const PublishUnit *unit, const Walk *to, guint depth) {
    to->each(unit, to->data);
    for (guint i = 0; depth < DEPTH && i < unit->below->len; i++)
        walk(unit->below->pdata[i], to, depth + 1);
}

void publish_each_unit(const PublishBook *book,
                       void (*each)(const PublishUnit *unit, gpointer data), gpointer data) {
    const Walk to = {each, data};
    for (guint i = 0; i < book->tops->len; i++)
        walk(book->tops->pdata[i], &to, 0);
}

static void count(const PublishUnit *unit, gpointer data) {
    Publication *publication = data;
    publication->units++;
    publication->entries += unit->entries->len;
}

/* ---- Files ---- */

static void add_file(Publication *to, const char *name, GString *text) {
    PublishFile *file = g_new0(PublishFile, 1);
    file->name = g_strdup(name);
    file->content = g_string_free_to_bytes(text);
    g_ptr_array_add(to->files, file);
}

static void write_files(const PublishBook *book, Publication *to) {
    publish_each_unit(book, count, to);
    add_file(to, "danh-ba.json", publish_json(book));
    add_file(to, "danh-ba.csv", publish_csv(book));
    add_file(to, "danh-ba.vcf", publish_vcards(book));
    if (book->one_page) {
        add_file(to, "index.html", publish_page(book, book->tops->pdata[0]));
        return;
    }
    for (guint i = 0; i < book->tops->len; i++) {
        const PublishUnit *top = book->tops->pdata[i];
        g_autofree char *name = g_strconcat("dv-", top->local, ".html", NULL);
        add_file(to, name, publish_page(book, top));
    }
    add_file(to, "index.html", publish_index(book));
}

static void stamp(PublishBook *book, gint64 now) {
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(7 * 3600);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now / G_USEC_PER_SEC);
    g_autoptr(GDateTime) at = utc == NULL ? NULL : g_date_time_to_timezone(utc, zone);
    if (at == NULL)
        return;
    g_autofree char *iso = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S+07:00");
    g_autofree char *words = g_date_time_format(at, "%H:%M ngày %d/%m/%Y");
    g_strlcpy(book->stamp, iso, sizeof book->stamp);
    g_strlcpy(book->stamp_shown, words, sizeof book->stamp_shown);
}

/* What publish_directory and publish_each begin with: everything gathered, tops in order. */
typedef struct {
    GPtrArray *units, *tops;
    GHashTable *by_id;
    gint64 asked; /* 0: all */
} Gathered;

static void gathered_clear(Gathered *gathered) {
    g_ptr_array_unref(gathered->tops);
    g_ptr_array_unref(gathered->units);
    g_hash_table_unref(gathered->by_id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gathered, gathered_clear)

static void gathered_init(Gathered *gathered) {
    gathered->units = g_ptr_array_new_with_free_func(unit_free);
    gathered->tops = g_ptr_array_new();
    gathered->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    gathered->asked = 0;
}

/* regulation NULL: no unit gets a page of its own. */
static gboolean gather_all(Gathered *gathered, Directory *directory, const Regulation *regulation,
                           const char *unit, GError **error) {
    Gather gather = {.units = gathered->units,
                     .by_id = gathered->by_id,
                     .domain = directory_domain(directory),
                     .regulation = regulation,
                     .one_page = unit != NULL || regulation == NULL};
    DirectoryUnitFilter all = {0};
    g_autoptr(DirectoryUnit) asked = NULL;
    if (unit != NULL && (asked = directory_unit_find(directory, unit, error)) == NULL)
        return FALSE;
    if (!directory_unit_each(directory, &all, take_unit, &gather, error) ||
        !directory_people_each(directory, take_person, &gather, error))
        return FALSE;
    make_tree(&gather, gathered->tops);
    if (asked == NULL)
        return TRUE;
    PublishUnit *top = unit_of(&gather, asked->id);
    if (top == NULL)
        return cv_fail(error, CV_ERROR_NOT_FOUND, "không có đơn vị %s; there is no such unit",
                       unit);
    gathered->asked = asked->id;
    g_ptr_array_set_size(gathered->tops, 0);
    g_ptr_array_add(gathered->tops, top);
    return TRUE;
}

Publication *publish_directory(Directory *directory, const Regulation *regulation, const char *unit,
                               gint64 now, GError **error) {
    g_auto(Gathered) gathered;
    gathered_init(&gathered);
    if (!gather_all(&gathered, directory, regulation, unit, error))
        return NULL;
    PublishBook book = {
        .tops = gathered.tops, .domain = directory_domain(directory), .one_page = unit != NULL};
    stamp(&book, now);
    g_autoptr(Publication) publication = g_new0(Publication, 1);
    publication->files = g_ptr_array_new_with_free_func(file_free);
    publication->unit = gathered.asked;
    write_files(&book, publication);
    return g_steal_pointer(&publication);
}

typedef struct {
    void (*each)(const PublicEntry *entry, gpointer data);
    gpointer data;
} Entries;

static void tell_unit(const PublishUnit *unit, gpointer data) {
    const Entries *to = data;
    for (guint i = 0; i < unit->entries->len; i++) {
        const PublishEntry *entry = unit->entries->pdata[i];
        const PublicEntry shown_entry = {entry->name, entry->title, unit->name, entry->address,
                                         entry->person};
        to->each(&shown_entry, to->data);
    }
}

gboolean publish_each(Directory *directory, const char *unit,
                      void (*each)(const PublicEntry *entry, gpointer data), gpointer data,
                      GError **error) {
    g_auto(Gathered) gathered;
    gathered_init(&gathered);
    if (!gather_all(&gathered, directory, NULL, unit, error))
        return FALSE;
    const PublishBook book = {.tops = gathered.tops};
    Entries to = {each, data};
    publish_each_unit(&book, tell_unit, &to);
    return TRUE;
}
