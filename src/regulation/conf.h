/* Conf: reading a regulation's libconfig file with errors that name file and line. Private. */
#ifndef CV_REGULATION_CONF_H
#define CV_REGULATION_CONF_H

#include "regulation/data.h"

#include <libconfig.h>

/* "file:line: message"; always FALSE. */
gboolean conf_fail(const config_setting_t *at, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The string of a setting, copied into the regulation; NULL with error when it is not a string. */
const char *conf_string(Regulation *r, const config_setting_t *setting, GError **error);
/* The member's string; NULL without error when it is missing, with error when it is no string. */
const char *conf_member_string(Regulation *r, const config_setting_t *group, const char *name,
                               GError **error);
/* As above, but a missing member is an error. */
const char *conf_need_string(Regulation *r, const config_setting_t *group, const char *name,
                             GError **error);
/* "Điều " and the member "article", or "" when there is none; NULL with error. */
const char *conf_article(Regulation *r, const config_setting_t *group, GError **error);
/* A list of strings as a NULL-terminated array owned by the regulation; NULL with error. */
const char *const *conf_strings(Regulation *r, const config_setting_t *list, gsize *count,
                                GError **error);
/* The setting's name, or "an element" of a list. */
const char *conf_name_of(const config_setting_t *setting);
/* The value of the group { value; article; } at a path, and its article; NULL without error when
 * the file does not have it. */
const config_setting_t *conf_entry_at(Regulation *r, const config_t *config, const char *path,
                                      const char **article, GError **error);
/* Where each list stands in the file. */
extern const char *const conf_list_paths[LISTS];
/* Every member of the group is in the list. */
gboolean conf_only(const config_setting_t *group, const char *const *names, GError **error);

/* The sections; each leaves what the file does not say and checks nothing for completeness. */
gboolean conf_read_figures(Regulation *r, const config_t *config, GError **error);
gboolean conf_read_lists(Regulation *r, const config_t *config, GError **error);
gboolean conf_read_rules(Regulation *r, const config_t *config, GError **error);
gboolean conf_read_naming(Regulation *r, const config_t *config, GError **error);
gboolean conf_read_incidents(Regulation *r, const config_t *config, GError **error);
gboolean conf_read_days(Regulation *r, const config_t *config, GError **error);
/* What is still missing after all layers were read; origin names the file. */
gboolean conf_check_complete(const Regulation *r, const char *origin, GError **error);

#endif
