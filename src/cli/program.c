/* The program as the operator starts it: global options, which command, where it runs, its input,
 * its output. See cli.h for why commands know nothing of this. */
#include "cli/cli.h"
#include "cli/remote.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

enum {
    INPUT_MAXIMUM = 256 * 1024 * 1024,
    BAR_WIDTH = 40,
    SERVER_STARTS_TRIES = 20, /* of 100 ms: a server that has the lock but no socket yet */
};

static int usage(FILE *to, int status) {
    fputs("usage: congvu [--data DIR] COMMAND …\n"
          "DIR is the data directory; the environment variable CONGVU_DATA may name it too.\n"
          "`congvu COMMAND --help` explains one command.\n\n",
          to);
    for (const CliCommand *c = cli_commands; c->noun != NULL; c++) {
        g_autofree char *name = g_strjoin(" ", c->noun, c->verb, NULL);
        fprintf(to, "  %-18s %s\n", name, c->summary);
    }
    return status;
}

static gboolean has_word(char **words, const char *word) {
    return g_strv_contains((const char *const *)words, word);
}

/* ---- Input ---- */

static gboolean read_all(int fd, Buffer *input, GError **error) {
    for (;;) {
        guint8 *to = buffer_reserve(input, 64 * 1024);
        if (to == NULL)
            return cv_fail(error, CV_ERROR_LIMIT, "the input is larger than %d MiB",
                           INPUT_MAXIMUM / 1024 / 1024);
        gssize n = read(fd, to, 64 * 1024);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot read the input");
        if (n == 0)
            return TRUE;
        buffer_commit(input, (gsize)n);
    }
}

static gboolean read_file(const char *path, Buffer *input, GError **error) {
    if (g_str_equal(path, "-"))
        return read_all(STDIN_FILENO, input, error);
    g_autofree char *text = NULL;
    gsize n;
    g_autoptr(GError) reading = NULL;
    if (!g_file_get_contents(path, &text, &n, &reading))
        return cv_fail(error, CV_ERROR_NOT_FOUND, "%s", reading->message);
    if (!buffer_append(input, text, n))
        return cv_fail(error, CV_ERROR_LIMIT, "%s is larger than %d MiB", path,
                       INPUT_MAXIMUM / 1024 / 1024);
    return TRUE;
}

/* One line from the terminal without showing it. */
static gboolean ask(const char *prompt, Buffer *line) {
    struct termios shown, hidden;
    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return FALSE;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    fputs(prompt, stderr);
    int c;
    while ((c = getchar()) != EOF && c != '\n')
        buffer_append_byte(line, (guint8)c);
    fputc('\n', stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    return c != EOF;
}

static gboolean ask_password(Buffer *input, GError **error) {
    g_auto(Buffer) again;
    buffer_init(&again, 4096);
    if (!isatty(STDIN_FILENO))
        return cv_fail(error, CV_ERROR_INPUT,
                       "a password is needed: give it with --password-stdin, or run this on a "
                       "terminal");
    gboolean same = ask("Mật khẩu: ", input) && ask("Nhập lại mật khẩu: ", &again) &&
                    bytes_equal(buffer_bytes(input), buffer_bytes(&again));
    if (again.n > 0)
        crypto_wipe(again.p, again.capacity);
    return same || cv_fail(error, CV_ERROR_INPUT,
                           "the two passwords differ; nothing was changed, please try again");
}

static gboolean take_input(const CliCommand *command, char **arguments, Buffer *input,
                           GError **error) {
    if (has_word(arguments, "--help"))
        return TRUE;
    if ((command->flags & CLI_FILE_ARGUMENT) != 0) {
        for (char **a = arguments; *a != NULL; a++)
            if (!g_str_has_prefix(*a, "--"))
                return read_file(*a, input, error);
        return TRUE; /* the command itself says that its argument is missing */
    }
    if ((command->flags & CLI_READS_INPUT) != 0 || has_word(arguments, "--password-stdin"))
        return read_all(STDIN_FILENO, input, error);
    if ((command->flags & CLI_PASSWORD) != 0)
        return ask_password(input, error);
    return TRUE;
}

/* ---- Output ---- */

static void show_progress(CliCall *call, gint64 done, gint64 all) {
    if (all <= 0 || !isatty(STDERR_FILENO))
        return;
    int filled = (int)(MIN(done, all) * BAR_WIDTH / all);
    char bar[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3d %%%s", bar, (int)(MIN(done, all) * 100 / all),
            done >= all ? "\n" : "");
    fflush(stderr);
}

static char *who_am_i(void) {
    const struct passwd *user = getpwuid(getuid());
    return g_strdup_printf("%s (uid %u)", user == NULL ? "?" : user->pw_name, getuid());
}

static int run_here(CliCall *call) {
    g_autofree char *who = who_am_i();
    call->who = who;
    call->out = g_string_new(NULL);
    call->err = g_string_new(NULL);
    call->progress = show_progress;
    int status = cli_run(call);
    fwrite(call->err->str, 1, call->err->len, stderr);
    fwrite(call->out->str, 1, call->out->len, stdout);
    if (fflush(stdout) != 0)
        status = CLI_REFUSED; /* what was asked for did not reach the reader */
    g_string_free(call->out, TRUE);
    g_string_free(call->err, TRUE);
    return status;
}

/* ---- Where it runs ---- */

static int run_on_directory(CliCall *call, char **words) {
    int status;
    for (int tries = 0;; tries++) {
        if (remote_call(call->data, words, call->input, &status))
            return status;
        g_autoptr(GError) error = NULL;
        call->instance = instance_open(call->data, &error);
        if (call->instance != NULL)
            break;
        if (!cv_error_is(error, CV_ERROR_BUSY) || tries >= SERVER_STARTS_TRIES) {
            fprintf(stderr, "congvu: %s\n", error->message);
            return CLI_REFUSED;
        }
        g_usleep(100 * 1000);
    }
    status = run_here(call);
    instance_close(call->instance);
    return status;
}

static void make_path_absolute(char **arguments) {
    for (char **a = arguments; *a != NULL; a++)
        if (!g_str_has_prefix(*a, "--")) {
            char *absolute = g_canonicalize_filename(*a, NULL);
            g_free(*a);
            *a = absolute;
            return;
        }
}

static int run_command(const char *data, char **words) {
    guint taken = 0;
    const CliCommand *command = cli_find(words, &taken);
    if (command == NULL) {
        g_autofree char *said = g_strjoinv(" ", words);
        fprintf(stderr, "congvu: there is no command \"%s\"\n\n", said);
        return usage(stderr, CLI_USAGE);
    }
    char **arguments = words + taken;
    g_auto(Buffer) input;
    buffer_init(&input, INPUT_MAXIMUM);
    g_autoptr(GError) error = NULL;
    if (!take_input(command, arguments, &input, &error)) {
        fprintf(stderr, "congvu: %s\n", error->message);
        return CLI_REFUSED;
    }
    if ((command->flags & CLI_PATH_ARGUMENT) != 0)
        make_path_absolute(arguments);
    CliCall call = {
        .command = command, .data = data, .arguments = arguments, .input = buffer_bytes(&input)};
    gboolean needs_directory = (command->flags & CLI_LOCAL) == 0 &&
                               (data != NULL || (command->flags & CLI_DATA_OPTIONAL) == 0) &&
                               !has_word(arguments, "--help");
    if (needs_directory && data == NULL) {
        fputs("congvu: say which data directory: congvu --data DIR …\n", stderr);
        return CLI_USAGE;
    }
    /* cli_options moves pointers in its array, so it works on a shallow copy: words stay whole. */
    g_autofree char **shallow = g_new0(char *, g_strv_length(arguments) + 1);
    for (guint i = 0; arguments[i] != NULL; i++)
        shallow[i] = arguments[i];
    call.arguments = shallow;
    int status = needs_directory ? run_on_directory(&call, words) : run_here(&call);
    if (input.capacity > 0)
        crypto_wipe(input.p, input.capacity);
    return status;
}

int cli_main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    crypto_init();
    const char *data = g_getenv("CONGVU_DATA");
    int at = 1;
    for (; at < argc && g_str_has_prefix(argv[at], "--"); at++) {
        if (g_str_equal(argv[at], "--help"))
            return usage(stdout, CLI_DONE);
        if (g_str_equal(argv[at], "--version")) {
            puts("congvu " CONGVU_VERSION);
            return CLI_DONE;
        }
        if (g_str_has_prefix(argv[at], "--data=")) {
            data = argv[at] + strlen("--data=");
        } else if (g_str_equal(argv[at], "--data") && at + 1 < argc) {
            data = argv[++at];
        } else {
            fprintf(stderr, "congvu: there is no option %s here\n\n", argv[at]);
            return usage(stderr, CLI_USAGE);
        }
    }
    if (at >= argc)
        return usage(stderr, CLI_USAGE);
    g_auto(GStrv) words = g_strdupv(argv + at);
    return run_command(data, words);
}
