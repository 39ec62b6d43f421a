// SPDX-License-Identifier: GPL-2.0
/* How a scenario went, host by host. */
#include <stdio.h>

#include "rivals.h"
#include "table.h"

static const char *const forms[] = {
	[SIM_FORM_TABLE] = "%5s %9.3f %9.2f %9.2f %9.2f %9.2f %9.1f %9.1f %9.1f %10llu %9llu %9llu\n",
	[SIM_FORM_BRIEF] = "# %s: synced %.3f s, rms %.2f us, p99 %.2f us, max %.2f us, "
			   "bound %.2f us, rate rms %.1f ppb, p99 %.1f ppb, max %.1f ppb, "
			   "%llu violations, %llu messages sent, %llu received\n",
	[SIM_FORM_CSV] = "%s,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%llu,%llu,%llu\n",
};

static const char *const heads[] = {
	[SIM_FORM_TABLE] = " host  synced_s    rms_us    p99_us    max_us  bound_us   rms_ppb"
			   "   p99_ppb   max_ppb violations      sent  received\n",
	[SIM_FORM_BRIEF] = "",
	[SIM_FORM_CSV] = "host,synced_s,rms_us,p99_us,max_us,mean_bound_us,rate_rms_ppb,"
			 "rate_p99_ppb,rate_max_ppb,violations,sent,received\n",
};

static void print_row(enum sim_form form, const char *name, double synced_s,
		      const struct sim_stats *time, const struct sim_stats *rate,
		      u64 violations, u64 sent, u64 received)
{
	printf(forms[form], name, synced_s, time->rms_ns / 1e3, time->p99_ns / 1e3,
	       time->max_ns / 1e3, time->bound_ns / 1e3, (double)rate->rms_ns,
	       (double)rate->p99_ns, (double)rate->max_ns, (unsigned long long)violations,
	       (unsigned long long)sent, (unsigned long long)received);
}

/* From its start; 0 if it never was. */
static double synced_s(const struct sim_host *host)
{
	return host->synced_ns ? (host->synced_ns - host->started_ns) / 1e9 : 0;
}

static void print_host(struct sim_host *host, enum sim_form form)
{
	struct sim_stats time = sim_errors_stats(&host->errors);
	struct sim_stats rate = sim_errors_stats(&host->rates);
	char name[12];

	snprintf(name, sizeof(name), "%d", (int)(host - host->sim->host) + 1);
	print_row(form, name, synced_s(host), &time, &rate, host->violations, host->packets,
		  host->port.rx);
}

static const char *const rivals[SIM_PIS] = {
	[SIM_PI_HARDWARE] = "pi-hw", [SIM_PI_SOFTWARE] = "pi-sw",
};

/* They have neither a bound nor messages of their own. */
static const char *const rival_forms[] = {
	[SIM_FORM_TABLE] = "%5s %9.3f %9.2f %9.2f %9.2f\n",
	[SIM_FORM_BRIEF] = "# %s: locked %.3f s, rms %.2f us, p99 %.2f us, max %.2f us\n",
	[SIM_FORM_CSV] = "%s,%.3f,%.3f,%.3f,%.3f,,,,,,,\n",
};

static void print_rival(struct sim *sim, enum sim_pi_gains gains, enum sim_form form)
{
	u64 locked_ns;
	struct sim_stats time = sim_rivals_stats(sim, gains, &locked_ns);

	printf(rival_forms[form], rivals[gains], locked_ns / 1e9, time.rms_ns / 1e3,
	       time.p99_ns / 1e3, time.max_ns / 1e3);
}

void sim_table_print(struct sim_play *play, enum sim_form form)
{
	struct sim *sim = play->sim;
	enum sim_pi_gains gains;
	double last = 0;
	u64 received = 0;
	int i;

	fputs(heads[form], stdout);
	for (i = 0; i < sim->hosts; i++) {
		last = max(last, synced_s(&sim->host[i]));
		received += sim->host[i].port.rx;
		if (form != SIM_FORM_BRIEF)
			print_host(&sim->host[i], form);
	}
	print_row(form, "all", last, &play->errors, &play->rates, sim->violations, sim->packets,
		  received);
	for (gains = 0; sim->rivals && gains < SIM_PIS; gains++)
		print_rival(sim, gains, form);
}
