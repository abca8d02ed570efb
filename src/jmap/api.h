/* Inside of jmap/: the handlers behind the routes. */
#ifndef CV_JMAP_API_H
#define CV_JMAP_API_H

#include "jmap/request.h"

HttpVerdict jmap_api_admit(HttpCall *call);
HttpVerdict jmap_api_handle(HttpCall *call);
HttpVerdict jmap_session_handle(HttpCall *call);
/* What changes when the session object does (RFC 8620 2); g_free. NULL with error. */
char *jmap_session_state(const JmapService *service, const DirectoryAccount *account,
                         GError **error);
HttpVerdict jmap_upload_admit(HttpCall *call);
gboolean jmap_upload_take(HttpCall *call, Bytes piece);
HttpVerdict jmap_upload_handle(HttpCall *call);
HttpVerdict jmap_download_handle(HttpCall *call);
HttpVerdict jmap_push_handle(HttpCall *call);

#endif
