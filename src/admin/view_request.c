/* Requests in JSON. Identity numbers are masked, birth dates are not shown. */
#include "admin/view.h"

static const AdminField request_fields[] = {
    {"id", FIELD_INTEGER, TRUE, "Số đề nghị trong hệ thống"},
    {"unit", FIELD_TEXT, TRUE, "Tên thư của đơn vị gửi"},
    {"unit_name", FIELD_TEXT, TRUE, "Đơn vị gửi"},
    {"number", FIELD_TEXT, TRUE, "Số, ký hiệu văn bản"},
    {"date", FIELD_TEXT, TRUE, "Ngày văn bản, NĂM-THÁNG-NGÀY"},
    {"signer", FIELD_TEXT, TRUE, "Người ký"},
    {"signer_title", FIELD_TEXT, TRUE, "Chức vụ người ký"},
    {"subject", FIELD_TEXT, TRUE, "V/v"},
    {"addressee", FIELD_TEXT, TRUE, "Kính gửi"},
    {"basis", FIELD_TEXT, TRUE, "Căn cứ"},
    {"place", FIELD_TEXT, TRUE, "Địa danh"},
    {"recipients", FIELD_TEXT, TRUE, "Nơi nhận"},
    {"received", FIELD_INTEGER, TRUE, "Tiếp nhận lúc, micro giây Unix"},
    {"due", FIELD_TEXT, TRUE, "Hạn xử lý: hết ngày này"},
    {"overdue", FIELD_INTEGER, TRUE, "Quá hạn bao nhiêu ngày làm việc; 0: không"},
    {"reset_due", FIELD_INTEGER, FALSE,
     "Hạn cấp lại mật khẩu, micro giây Unix; null: không có mục nào chờ, hoặc quy chế không định"},
    {"state", FIELD_TEXT, TRUE, "draft, received, checked, decided, closed"},
    {"state_text", FIELD_TEXT, TRUE, "Trạng thái"},
    {"lines", FIELD_INTEGER, TRUE, "Số mục"},
    {"open", FIELD_INTEGER, TRUE, "Số mục chưa xử lý"},
    {"wrong", FIELD_INTEGER, TRUE, "Trong đó số mục chưa thực hiện được"},
    {"returned", FIELD_INTEGER, TRUE, "Số mục đã trả lại"},
    {"done", FIELD_INTEGER, TRUE, "Số mục đã thực hiện"},
    {"decided", FIELD_INTEGER, FALSE, "Quyết định lúc; null: chưa"},
    {"decided_by", FIELD_TEXT, FALSE, "Ai quyết định"},
    {"reply_number", FIELD_TEXT, FALSE, "Số, ký hiệu văn bản trả lời"},
    {"reply_date", FIELD_TEXT, FALSE, "Ngày văn bản trả lời"},
    {"replied", FIELD_INTEGER, FALSE, "Ghi nhận trả lời lúc"},
    {"replied_by", FIELD_TEXT, FALSE, "Ai ghi nhận"},
    {"entered", FIELD_INTEGER, TRUE, "Nhập lúc"},
    {"entered_by", FIELD_TEXT, TRUE, "Ai nhập"},
    {"has_file", FIELD_FLAG, TRUE, "Còn lưu tệp đã nhận"},
    {NULL},
};
const AdminView admin_view_request = {"Request", request_fields};

static void int_or_null(JsonWriter *w, const char *key, gint64 value) {
    if (value == 0)
        json_put_null(w, key);
    else
        json_int(w, key, value);
}

static void text_or_null(JsonWriter *w, const char *key, const char *value) {
    json_text(w, key, *value == '\0' ? NULL : value);
}

static void write_members(JsonWriter *w, const Request *r) {
    json_int(w, "id", r->id);
    json_text(w, "unit", r->unit_address);
    json_text(w, "unit_name", r->unit_name);
    json_text(w, "number", r->number);
    json_text(w, "date", r->dated);
    json_text(w, "signer", r->signer);
    json_text(w, "signer_title", r->signer_title);
    json_text(w, "subject", r->subject);
    json_text(w, "addressee", r->addressee);
    json_text(w, "basis", r->basis);
    json_text(w, "place", r->place);
    json_text(w, "recipients", r->recipients);
    json_int(w, "received", r->received);
    json_text(w, "due", r->due);
    json_int(w, "overdue", r->overdue);
    int_or_null(w, "reset_due", r->reset_due);
    json_text(w, "state", request_state_name(r->state));
    json_text(w, "state_text", request_state_text(r->state));
}

static void write_progress(JsonWriter *w, const Request *r) {
    json_int(w, "open", r->open);
    json_int(w, "wrong", r->wrong);
    json_int(w, "returned", r->returned);
    json_int(w, "done", r->done);
    int_or_null(w, "decided", r->decided);
    text_or_null(w, "decided_by", r->decided_by);
    text_or_null(w, "reply_number", r->reply_number);
    text_or_null(w, "reply_date", r->reply_dated);
    int_or_null(w, "replied", r->replied);
    text_or_null(w, "replied_by", r->replied_by);
    json_int(w, "entered", r->entered);
    json_text(w, "entered_by", r->entered_by);
    json_bool(w, "has_file", r->has_file);
}

void admin_write_request(JsonWriter *w, const Request *r) {
    json_open(w, NULL, '{');
    write_members(w, r);
    json_int(w, "lines", r->lines);
    write_progress(w, r);
    json_close(w, '}');
}

static const AdminField line_fields[] = {
    {"line", FIELD_INTEGER, TRUE, "Số mục: 1, 2 …"},
    {"row", FIELD_INTEGER, TRUE, "Dòng trong tệp"},
    {"ordinal", FIELD_TEXT, TRUE, "STT"},
    {"act", FIELD_TEXT, TRUE, "new, lock, close, change, unlock, reset; unknown"},
    {"act_text", FIELD_TEXT, TRUE, "Việc đề nghị"},
    {"said", FIELD_TEXT, TRUE, "Nội dung đề nghị, như trong văn bản"},
    {"name", FIELD_TEXT, TRUE, "Họ và tên"},
    {"sex", FIELD_TEXT, TRUE, "Giới tính"},
    {"identity", FIELD_TEXT, TRUE, "Số CMT/CCCD, chỉ ba số cuối"},
    {"title", FIELD_TEXT, TRUE, "Chức vụ"},
    {"category", FIELD_TEXT, TRUE, "Loại"},
    {"unit", FIELD_TEXT, TRUE, "Đơn vị công tác"},
    {"what", FIELD_TEXT, TRUE, "Thông tin cần thay đổi"},
    {"wanted", FIELD_TEXT, TRUE, "Thông tin mới"},
    {"note", FIELD_TEXT, TRUE, "Ghi chú"},
    {"state", FIELD_TEXT, TRUE, "open, accepted, returned, done"},
    {"state_text", FIELD_TEXT, TRUE, "Kết quả"},
    {"finding", FIELD_TEXT, FALSE, "Vì sao chưa thực hiện được; null: thực hiện được"},
    {"reason", FIELD_TEXT, FALSE, "Lý do trả lại"},
    {"address", FIELD_TEXT, FALSE, "Địa chỉ dự kiến, của tài khoản; sau khi thực hiện: đã cấp"},
    {"decided", FIELD_INTEGER, FALSE, "Quyết định lúc, micro giây Unix"},
    {"decided_by", FIELD_TEXT, FALSE, "Ai quyết định"},
    {NULL},
};
const AdminView admin_view_request_line = {"RequestLine", line_fields};

void admin_write_request_line(JsonWriter *w, const RequestLine *l) {
    json_open(w, NULL, '{');
    json_int(w, "line", l->line);
    json_int(w, "row", l->place);
    json_text(w, "ordinal", l->ordinal);
    json_text(w, "act", request_act_name(l->act));
    json_text(w, "act_text", request_act_text(l->act));
    json_text(w, "said", l->said);
    json_text(w, "name", l->name);
    json_text(w, "sex", l->sex);
    json_text(w, "identity", l->identity);
    json_text(w, "title", l->title);
    json_text(w, "category", l->category);
    json_text(w, "unit", l->unit_said);
    json_text(w, "what", l->what);
    json_text(w, "wanted", l->wanted);
    json_text(w, "note", l->note);
    json_text(w, "state", request_line_state_name(l->state));
    json_text(w, "state_text", request_line_state_text(l->state));
    text_or_null(w, "finding", l->finding);
    text_or_null(w, "reason", l->reason);
    text_or_null(w, "address", l->address);
    int_or_null(w, "decided", l->decided);
    text_or_null(w, "decided_by", l->decided_by);
    json_close(w, '}');
}

void admin_write_request_whole(JsonWriter *w, const Request *r, const GPtrArray *lines) {
    json_open(w, NULL, '{');
    write_members(w, r);
    json_open(w, "lines", '[');
    for (guint i = 0; i < lines->len; i++)
        admin_write_request_line(w, lines->pdata[i]);
    json_close(w, ']');
    write_progress(w, r);
    json_close(w, '}');
}
