/* What the naming of persons and of units share. Private to this folder. */
#ifndef CV_REGULATION_NAMING_PRIVATE_H
#define CV_REGULATION_NAMING_PRIVATE_H

#include "regulation/compose.h"

/* Each keeps the refusal in *out, sets the error and returns FALSE. */
gboolean naming_refuse(NamingProposal *out, Verdict *verdict, GError **error);
gboolean naming_refuse_name(const Regulation *r, const TextRefusal *refusal, NamingProposal *out,
                            GError **error);
gboolean naming_refuse_compose(const Regulation *r, ComposeResult result, PartKind bad,
                               const Facts *facts, NamingProposal *out, GError **error);
/* Asks about out->local and remembers the first that is taken. */
gboolean naming_ask(NamingTaken taken, gpointer data, NamingProposal *out, gboolean *is_taken,
                    GError **error);

#endif
