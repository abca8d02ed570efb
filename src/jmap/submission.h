/* Inside of jmap/: the kind under which submissions are kept. */
#ifndef CV_JMAP_SUBMISSION_H
#define CV_JMAP_SUBMISSION_H

#define JMAP_KIND_SUBMISSION "EmailSubmission"

#endif
