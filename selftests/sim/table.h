/* SPDX-License-Identifier: GPL-2.0 */
/* How a scenario went, host by host. */
#ifndef SIM_TABLE_H
#define SIM_TABLE_H

#include "play.h"

enum sim_form { SIM_FORM_TABLE, SIM_FORM_BRIEF, SIM_FORM_CSV };

/* To stdout: a row for each host, unless @form is brief, and one of all. */
void sim_table_print(struct sim_play *play, enum sim_form form);

#endif
