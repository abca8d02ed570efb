/* Seal: loading the key of the registry's sealed columns. */
#ifndef CV_SERVE_SEAL_H
#define CV_SERVE_SEAL_H

#include "directory/directory.h"

/* Gives the directory the key that lies at path, which is made when nothing was sealed yet. When
 * there is none to be had it is logged, and the directory goes without. */
void seal_load(const char *path, Directory *directory);

#endif
