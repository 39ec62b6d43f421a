/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scenario, as written in a file: what there is, what happens when, and what is to come
 * of it. One thing a line, words between blanks, # begins a comment:
 *
 *	hosts 3
 *	for 60s
 *	delay all all 60us
 *	at 20s kill 1
 *	limit rms 50ns 3us
 */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "sim.h"

#define SIM_ACTS_MAX 256
#define SIM_LIMITS_MAX 32	/* there are fewer measures */
#define SIM_ARGS_MAX 5
#define SIM_ERROR_MAX 200

enum sim_setting {
	SIM_SET_HOSTS,		/* on from the beginning */
	SIM_SET_FOR,
	SIM_SET_SEED,
	SIM_SET_STAGGER,	/* from one host's start to the next one's */
	SIM_SET_SPREAD,		/* oscillators are up to so far off */
	SIM_SET_LOOK,		/* clocks are compared so often */
	SIM_SET_MEASURE,	/* errors are collected from then on */
	SIM_SET_SYNC,		/* logarithms of intervals */
	SIM_SET_ANNOUNCE,
	SIM_SET_P2P,		/* the delay mechanism: 0 or 1 */
	SIM_SET_PDELAY,
	SIM_SETTINGS
};

/* From @first to @last, from 0; @all: also those yet to come. */
struct sim_range {
	int first, last;
	bool all;
};

struct sim_play;
struct sim_act;

/**
 * struct sim_verb - what may happen
 * @args: a letter for each word that follows: the kind of a quantity; a for any hosts, h
 *	for hosts that are on; N or H at first: so many are switched on, or these once more
 */
struct sim_verb {
	const char *name;
	const char *args;
	void (*act)(struct sim_play *play, const struct sim_act *act);
};

struct sim_act {
	u64 at_ns;
	const struct sim_verb *verb;
	struct sim_range host[2];
	double value[SIM_ARGS_MAX];
};

/**
 * struct sim_measure - what may have limits
 * @kind: of the quantity
 */
struct sim_measure {
	const char *name;
	char kind;
	double (*of)(const struct sim_play *play);
};

struct sim_limit {
	const struct sim_measure *measure;
	double low, high;
	bool to_fail;		/* known to be broken, so far */
};

struct sim_script {
	char name[64];		/* of the file, without directories and .scn */
	char title[100];	/* its first comment */
	double setting[SIM_SETTINGS];
	int hosts;		/* in all */
	struct sim_act act[SIM_ACTS_MAX];
	int acts;
	struct sim_limit limit[SIM_LIMITS_MAX];
	int limits;
	char error[SIM_ERROR_MAX];	/* file:line: what */
};

/* Read @text, of file @path. Return: whether it is a scenario; if not, see @error. */
bool sim_script_read(struct sim_script *script, const char *path, const char *text);

#endif
