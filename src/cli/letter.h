/* Letter: the options that every command shares which makes a letter. Not for other folders. */
#ifndef CV_CLI_LETTER_H
#define CV_CLI_LETTER_H

#include "casework/letter.h"
#include "cli/cli.h"

/* Values of the options; NULL: not given, and then left open on the paper. */
typedef struct {
    char *number, *sign, *date, *form, *authority, *title, *signer;
} CliLetter;
#define CLI_LETTER_OPTIONS(letter)                                                                 \
    {"number", &(letter).number, NULL, "of the document; else left open", FALSE},                  \
        {"sign", &(letter).sign, NULL, "behind the number, as TTCNTTTT-KT", FALSE},                \
        {"date", &(letter).date, NULL, "of the document; else left open", FALSE},                  \
        {"form", &(letter).form, NULL, "how it is signed: self, tm, q, kt, tl, tuq", FALSE},       \
        {"authority", &(letter).authority, NULL, "title of the head", FALSE},                      \
        {"title", &(letter).title, NULL, "title of who signs for the head", FALSE}, {              \
        "signer", &(letter).signer, NULL, "name of who signs", FALSE                               \
    }
/* What was given, over what is in head and signer already. FALSE: said why. */
gboolean cli_letter(CliCall *call, const CliLetter *letter, LetterHead *head, LetterSigner *signer);
/* A date as YYYY-MM-DD; FALSE: said why. */
gboolean cli_letter_day(CliCall *call, const char *option, const char *text, CalendarDay *day);

#endif
