/* Web: the HTTP services of the running system and what they are made of. */
#ifndef CV_SERVE_WEB_H
#define CV_SERVE_WEB_H

#include "admin/admin.h"
#include "http/metrics.h"
#include "jmap/jmap.h"
#include "serve/figures.h"
#include "serve/instance.h"

/* For NetListener.service: https with http_protocol, redirect with http_redirect_protocol, metrics
 * with http_metrics_protocol. */
typedef struct {
    HttpService https, redirect, metrics;
    AdminService admin;
    JmapService jmap;
    HttpMetrics figures;
    HttpRoute *files; /* g_free */
} Web;

/* Before the doors are bound. figures and config outlive it. */
void web_prepare(Web *web, const Config *config, Figures *figures);
/* Before sessions begin: the data are open, instance->auth is there. */
void web_connect(Web *web, Instance *instance);
/* After the last session has ended. */
void web_end(Web *web);
/* Where people change their password: "https://mail.bacninh.gov.vn/doi-mat-khau", g_free; NULL when
 * there is no door for it. */
char *web_password_place(const Config *config);

#endif
