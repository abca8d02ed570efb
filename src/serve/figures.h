/* Figures: the gauges of the metrics page that are looked up when it is asked for, not counted
 * while something happens. */
#ifndef CV_SERVE_FIGURES_H
#define CV_SERVE_FIGURES_H

#include "maintain/disk.h"
#include "serve/instance.h"

typedef struct {
    Instance *instance;
    MaintainDisk *disk;
} Figures;

/* Sets what does not change while the process runs. */
void figures_begin(void);
/* For HttpMetrics; data is a Figures. A figure that cannot be looked up keeps its last value. */
void figures_refresh(gpointer data);

#endif
