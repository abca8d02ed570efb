/* init, serve, check: making, running and verifying an installation. */
#include "cli/cli.h"

#include "directory/unit.h"
#include "serve/duties.h"
#include "serve/serve.h"

static int needs_data(CliCall *call) {
    g_string_append(
        call->err,
        "congvu: chưa nêu thư mục dữ liệu; say which data directory: congvu --data DIR …\n");
    return CLI_USAGE;
}

int cli_init(CliCall *call) {
    char *domain = NULL, *regulation = NULL, *offset = NULL;
    const CliOption options[] = {
        {"domain", &domain, NULL, "mail domain of the body", TRUE},
        {"regulation", &regulation, NULL, "file, or the name of a shipped regulation", FALSE},
        {"port-offset", &offset, NULL, "added to every standard port; binds loopback only", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if (call->data == NULL)
        return needs_data(call);
    guint64 port_offset = 0;
    if (offset != NULL &&
        (!bytes_parse_u64(bytes_of_string(offset), &port_offset) || port_offset > 54000)) {
        g_string_append_printf(call->err,
                               "congvu: --port-offset phải là một số từ 0 đến 54000, không phải "
                               "%s; it must be a number in this range\n",
                               offset);
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    if (!instance_create(call->data, domain, regulation, (gint64)port_offset, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "made %s for %s\nstart it with: congvu --data %s serve\n", call->data, domain,
              call->data);
    return CLI_DONE;
}

int cli_serve(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    return call->data == NULL ? needs_data(call) : serve_run(call->data);
}

int cli_check(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 0, 0, &status))
        return status;
    if (call->data == NULL)
        return needs_data(call);
    g_autoptr(GError) error = NULL;
    if (!instance_check(call->data, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s: settings, certificate and regulation are in order\n", call->data);
    g_autofree char *overdue = duties_warning(call->data);
    if (overdue != NULL)
        g_string_append_printf(call->err, "congvu: %s\n", overdue);
    return CLI_DONE;
}
