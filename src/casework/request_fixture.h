/* What the tests of requests share: a body with its units, and short words for what is done. */
#ifndef CV_CASEWORK_REQUEST_FIXTURE_H
#define CV_CASEWORK_REQUEST_FIXTURE_H

#include "casework/request.h"
#include "directory/fixture.h"

#define HEADER "STT;Họ và tên;Ngày sinh;Số CMT/CCCD;Đơn vị công tác;Nội dung đề nghị\n"

/* The clock stands at nine in the morning of this day. */
void today_is(const char *day);
/* Receives `csv` (HEADER and rows) as a document of this number from stttt. NULL with error; taken
 * wants it to be received and gives its number. */
Request *take(Fixture *f, const char *csv, const char *number, GPtrArray **lines, GError **error);
gint64 taken(Fixture *f, const char *csv, const char *number);
/* line 0: all of them. */
gboolean approve(Fixture *f, gint64 id, guint line, gboolean return_wrong, GError **error);
void approved(Fixture *f, gint64 id);
void rejected(Fixture *f, gint64 id, guint line, const char *reason);
RequestState state_of(Fixture *f, gint64 id);
/* The line's finding has this text; "" for none. */
void found(Fixture *f, gint64 id, guint line, const char *text);
void addressed(Fixture *f, gint64 id, guint line, const char *address);
/* The units of the tests, on 16/6/2022. */
void body(Fixture *f);
DirectoryState state_at(Fixture *f, const char *address);

#endif
