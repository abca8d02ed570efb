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
    SERVER_STARTS_TRIES = 20, /* of 100 ms: a server that has the lock but no socket yet */
};

static int usage(FILE *to, int status) {
    g_autoptr(GString) text = g_string_new(NULL);
    cli_help_all(text);
    fputs(text->str, to);
    return status;
}

/* Words that are no command: the noun's commands when the noun is one, what was perhaps meant, and
 * else the whole list. */
static int no_such_command(char **words) {
    g_autofree char *said = g_strjoinv(" ", words);
    fprintf(stderr, "congvu: không có lệnh \"%s\"; there is no command \"%s\"\n", said, said);
    const CliCommand *meant = cli_help_meant(words);
    if (meant != NULL) {
        g_autofree char *name = g_strjoin(" ", meant->noun, meant->verb, NULL);
        fprintf(stderr, "  có phải là / perhaps it was meant: congvu %s\n", name);
    }
    fputc('\n', stderr);
    g_autoptr(GString) list = g_string_new(NULL);
    if (cli_help_noun(list, words[0])) {
        fputs(list->str, stderr);
        return CLI_USAGE;
    }
    return usage(stderr, CLI_USAGE);
}

/* ---- Input ---- */

static gboolean read_all(int fd, Buffer *input, GError **error) {
    for (;;) {
        guint8 *to = buffer_reserve(input, 64 * 1024);
        if (to == NULL)
            return cv_fail(error, CV_ERROR_LIMIT,
                           "dữ liệu vào lớn quá; the input is larger than %d MiB",
                           INPUT_MAXIMUM / 1024 / 1024);
        gssize n = read(fd, to, 64 * 1024);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cv_fail_errno(error, CV_ERROR_STORAGE,
                                 "không đọc được dữ liệu vào; cannot read the input");
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
        return cv_fail(error, CV_ERROR_NOT_FOUND, "không đọc được tệp %s; %s", path,
                       reading->message);
    if (!buffer_append(input, text, n))
        return cv_fail(error, CV_ERROR_LIMIT, "tệp %s lớn quá; it is larger than %d MiB", path,
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
                       "chưa có mật khẩu; a password is needed: give it with --password-stdin, or "
                       "run this on a "
                       "terminal");
    gboolean same = ask("Mật khẩu: ", input) && ask("Nhập lại mật khẩu: ", &again) &&
                    bytes_equal(buffer_bytes(input), buffer_bytes(&again));
    if (again.n > 0)
        crypto_wipe(again.p, again.capacity);
    return same || cv_fail(error, CV_ERROR_INPUT,
                           "hai mật khẩu không giống nhau, chưa thay đổi gì; the two passwords "
                           "differ and nothing "
                           "was changed: try again");
}

/* looked: the call after its words were looked at. */
static gboolean take_input(const CliCall *looked, Buffer *input, GError **error) {
    guint flags = looked->command->flags;
    if ((flags & CLI_FILE_ARGUMENT) != 0)
        return read_file(looked->arguments[0], input, error);
    if ((flags & CLI_READS_INPUT) != 0 || looked->password_stdin)
        return read_all(STDIN_FILENO, input, error);
    return (flags & CLI_PASSWORD) == 0 || looked->no_password || ask_password(input, error);
}

/* ---- Output ---- */

static void show_progress(CliCall *call G_GNUC_UNUSED, gint64 done, gint64 all) {
    cli_bar_show(done, all);
}

/* The files that the command made, where the operator wanted them. */
static int write_files(const CliCall *call, int status) {
    g_autoptr(GError) error = NULL;
    if (status != CLI_DONE || call->files->len == 0 || call->to == NULL ||
        cli_files_write(call->files, call->to, &error))
        return status;
    fprintf(stderr, "congvu: %s\n", error->message);
    return CLI_REFUSED;
}

/* Status for the process: what was asked for must also have reached the reader. */
static int write_out(const GString *out, const GString *err, int status) {
    cli_bar_end();
    fwrite(err->str, 1, err->len, stderr);
    fwrite(out->str, 1, out->len, stdout);
    return fflush(stdout) == 0 ? status : CLI_REFUSED;
}

static char *who_am_i(void) {
    const struct passwd *user = getpwuid(getuid());
    return g_strdup_printf("%s (uid %u)", user == NULL ? "?" : user->pw_name, getuid());
}

static int run_here(CliCall *call) {
    g_autofree char *who = who_am_i();
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) err = g_string_new(NULL);
    call->who = who;
    call->out = out;
    call->err = err;
    call->progress = show_progress;
    int status = cli_run(call);
    return write_files(call, write_out(out, err, status));
}

/* ---- Where it runs ---- */

static int run_on_directory(CliCall *call, char **words) {
    int status;
    for (int tries = 0;; tries++) {
        if (remote_call(call->data, words, call->input, call->files, &status))
            return write_files(call, status);
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

/* The same pointers in an array of its own: cli_options moves them, the words stay whole. */
static char **shallow_copy(char **words) {
    guint n = g_strv_length(words);
    char **copy = g_new0(char *, n + 1);
    for (guint i = 0; i < n; i++)
        copy[i] = words[i];
    return copy;
}

/* Lets the command look at its words; FALSE: *status is the end of it (help, wrong usage). */
static gboolean look_at_words(CliCall *call, int *status) {
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) err = g_string_new(NULL);
    call->looking = TRUE;
    call->out = out;
    call->err = err;
    *status = cli_run(call);
    call->looking = FALSE;
    if (*status == CLI_LOOKED)
        return TRUE;
    *status = write_out(out, err, *status);
    return FALSE;
}

/* The server has another working directory. */
static void make_path_absolute(char **words, const char *path) {
    for (char **word = words; *word != NULL; word++)
        if (*word == path) {
            char *absolute = g_canonicalize_filename(path, NULL);
            g_free(*word);
            *word = absolute;
            return;
        }
}

static int run_command(const char *data, char **words) {
    guint taken = 0;
    const CliCommand *command = cli_find(words, &taken);
    if (command == NULL) {
        return no_such_command(words);
    }
    int status;
    g_autofree char **looked_words = shallow_copy(words + taken);
    CliCall looked = {.command = command, .data = data, .arguments = looked_words};
    if (!look_at_words(&looked, &status))
        return status;
    gboolean needs_directory = (command->flags & CLI_LOCAL) == 0 &&
                               (data != NULL || (command->flags & CLI_DATA_OPTIONAL) == 0);
    if (needs_directory && data == NULL) {
        fputs("congvu: chưa nêu thư mục dữ liệu; say which data directory: congvu --data DIR …\n",
              stderr);
        return CLI_USAGE;
    }
    g_auto(Buffer) input;
    buffer_init(&input, INPUT_MAXIMUM);
    g_autoptr(GError) error = NULL;
    if (!take_input(&looked, &input, &error)) {
        fprintf(stderr, "congvu: %s\n", error->message);
        return CLI_REFUSED;
    }
    if ((command->flags & CLI_PATH_ARGUMENT) != 0)
        make_path_absolute(words + taken, looked.arguments[0]);
    g_autofree char **arguments = shallow_copy(words + taken);
    g_autoptr(GPtrArray) files = cli_files_new();
    CliCall call = {.command = command,
                    .data = data,
                    .arguments = arguments,
                    .input = buffer_bytes(&input),
                    .to = looked.to,
                    .files = files};
    status = needs_directory ? run_on_directory(&call, words) : run_here(&call);
    if (input.capacity > 0)
        crypto_wipe(input.p, input.capacity);
    return status;
}

/* `congvu help [NOUN [VERB]]`. */
static int help(char **words) {
    guint taken = 0;
    if (words[0] == NULL)
        return usage(stdout, CLI_DONE);
    const CliCommand *command = cli_find(words, &taken);
    if (command != NULL && words[taken] == NULL) {
        g_autoptr(GStrvBuilder) asked = g_strv_builder_new();
        g_strv_builder_addv(asked, (const char **)words);
        g_strv_builder_add(asked, "--help");
        g_auto(GStrv) all = g_strv_builder_end(asked);
        return run_command(NULL, all);
    }
    g_autoptr(GString) list = g_string_new(NULL);
    if (words[1] != NULL || !cli_help_noun(list, words[0]))
        return no_such_command(words);
    fputs(list->str, stdout);
    return CLI_DONE;
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
            fprintf(stderr, "congvu: không có tùy chọn %s ở đây; there is no option %s here\n\n",
                    argv[at], argv[at]);
            return usage(stderr, CLI_USAGE);
        }
    }
    if (at >= argc)
        return usage(stderr, CLI_USAGE);
    if (g_str_equal(argv[at], "help"))
        return help(argv + at + 1);
    g_auto(GStrv) words = g_strdupv(argv + at);
    return run_command(data, words);
}
