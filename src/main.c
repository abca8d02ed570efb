/* congvu: the official e-mail system of a government body. Everything begins in cli/. */
#include "cli/cli.h"

int main(int argc, char **argv) {
    return cli_main(argc, argv);
}
