/* Inside of filter*.c: the program as nodes. */
#ifndef CV_JMAP_FILTER_NODE_H
#define CV_JMAP_FILTER_NODE_H

#include "jmap/filter.h"
#include "message/search.h"

typedef enum {
    JMAP_NODE_AND,
    JMAP_NODE_OR,
    JMAP_NODE_NOT, /* of one, which is an OR where there were several */
    JMAP_NODE_EVERY,
    JMAP_NODE_NEVER,
    JMAP_NODE_IN, /* number: the mailbox */
    JMAP_NODE_NOT_ONLY_IN,
    JMAP_NODE_BEFORE,
    JMAP_NODE_AFTER,
    JMAP_NODE_MIN_SIZE,
    JMAP_NODE_MAX_SIZE,
    JMAP_NODE_HAS_KEYWORD,
    JMAP_NODE_NOT_KEYWORD,
    JMAP_NODE_ALL_IN_THREAD,
    JMAP_NODE_SOME_IN_THREAD,
    JMAP_NODE_NONE_IN_THREAD,
    JMAP_NODE_ATTACHMENT,
    JMAP_NODE_TEXT,
} JmapNodeOp;

typedef struct {
    JmapNodeOp op;
    gint32 first, next; /* places in nodes; -1: none */
    gint64 number;
    GArray *mailboxes; /* gint64, rising */
    StoreFlags bits;
    JmapThreadSet threads;
    /* TEXT */
    char *header; /* NULL: the body */
    MessageNeedle *needle;
    SearchQuery *query; /* NULL: the index cannot help */
    SearchRun *run;
    gint64 asked; /* the mailbox that these are about */
    GArray *yes, *perhaps;
    guint32 upto;
} JmapNode;

struct JmapFilter {
    GArray *nodes;    /* JmapNode; the first is the whole */
    GPtrArray *words; /* char * */
};

gint jmap_compare_numbers(gconstpointer a, gconstpointer b); /* gint64 */

#endif
