/* The bar that a long command shows to an operator at a terminal; a file or a pipe gets none. It is
 * drawn again only when the percentage changes, whatever the number of steps. */
#include "cli/cli.h"

#include <unistd.h>

enum { BAR_WIDTH = 40 };

static int shown = -1; /* per cent on the screen, or -1: no bar is open */

void cli_bar_show(gint64 done, gint64 all) {
    if (all <= 0 || !isatty(STDERR_FILENO))
        return;
    int percent = (int)(CLAMP(done, 0, all) * 100 / all);
    if (percent == shown)
        return;
    shown = percent;
    int filled = percent * BAR_WIDTH / 100;
    char bar[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3d %%", bar, percent);
    fflush(stderr);
}

void cli_bar_end(void) {
    if (shown >= 0)
        fputc('\n', stderr);
    shown = -1;
}
