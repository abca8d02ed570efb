/* How states, results and measures of cases are called, and the cases themselves. */
#include "casework/incident_internal.h"

typedef struct {
    const char *name, *text;
} Word;

static const Word states[INCIDENT_STATES] = {
    [INCIDENT_NEW] = {"new", "mới"},
    [INCIDENT_TAKEN] = {"taken", "đang xử lý"},
    [INCIDENT_MEASURED] = {"measured", "đã áp dụng biện pháp"},
    [INCIDENT_CLOSED] = {"closed", "đã kết thúc"},
};
static const Word sources[] = {
    [INCIDENT_MAIL] = {"mail", "báo cáo qua thư"},
    [INCIDENT_INTERFACE] = {"interface", "báo cáo trên hệ thống"},
    [INCIDENT_OPERATOR] = {"operator", "đơn vị vận hành lập"},
    [INCIDENT_SYSTEM] = {"system", "hệ thống phát hiện"},
};
static const Word results[INCIDENT_RESULTS] = {
    [INCIDENT_OPEN] = {"open", "chưa kết luận"},
    [INCIDENT_VIOLATION] = {"violation", "có vi phạm"},
    [INCIDENT_NO_BLAME] = {"no-blame", "sự cố, không có vi phạm"},
    [INCIDENT_UNFOUNDED] = {"unfounded", "không có sự cố"},
};
static const Word measures[MEASURES] = {
    [MEASURE_WARNING] = {"warning", "nhắc nhở, cảnh báo"},
    [MEASURE_LOCK] = {"lock", "tạm khóa tài khoản"},
    [MEASURE_PASSWORD] = {"password", "cấp lại mật khẩu"},
    [MEASURE_MAIL] = {"mail", "giữ, bỏ hoặc thu hồi thư"},
    [MEASURE_DISCIPLINE] = {"discipline", "xử lý vi phạm"},
    [MEASURE_OTHER] = {"other", "biện pháp khác"},
};

/* The count when there is none. */
static guint find(const Word *words, guint count, const char *name) {
    guint i = 0;
    while (i < count && !g_str_equal(words[i].name, name))
        i++;
    return i;
}

const char *incident_state_name(IncidentState state) {
    return states[state].name;
}

const char *incident_state_text(IncidentState state) {
    return states[state].text;
}

gboolean incident_state_find(const char *name, IncidentState *state) {
    *state = (IncidentState)find(states, INCIDENT_STATES, name);
    return *state != INCIDENT_STATES;
}

const char *incident_source_name(IncidentSource source) {
    return sources[source].name;
}

const char *incident_source_text(IncidentSource source) {
    return sources[source].text;
}

const char *incident_result_name(IncidentResult result) {
    return results[result].name;
}

const char *incident_result_text(IncidentResult result) {
    return results[result].text;
}

gboolean incident_result_find(const char *name, IncidentResult *result) {
    *result = (IncidentResult)find(results, INCIDENT_RESULTS, name);
    return *result != INCIDENT_RESULTS && *result != INCIDENT_OPEN;
}

const char *incident_measure_name(IncidentMeasure measure) {
    return measures[measure].name;
}

const char *incident_measure_text(IncidentMeasure measure) {
    return measures[measure].text;
}

gboolean incident_measure_find(const char *name, IncidentMeasure *measure) {
    *measure = (IncidentMeasure)find(measures, MEASURES, name);
    return *measure != MEASURES;
}

char *incident_name(gint64 id) {
    return g_strdup_printf("SC-%" G_GINT64_FORMAT, id);
}

gboolean incident_parse(const char *said, gint64 *id) {
    guint64 number;
    if (g_ascii_strncasecmp(said, "SC-", 3) == 0)
        said += 3;
    if (!bytes_parse_u64(bytes_of_string(said), &number) || number == 0 || number > G_MAXINT64)
        return FALSE;
    *id = (gint64)number;
    return TRUE;
}
