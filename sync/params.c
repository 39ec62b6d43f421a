// SPDX-License-Identifier: GPL-2.0
/* The module parameters of synchronisation. */
#include <linux/module.h>

#include "params.h"

static char iface[DVMM_IFACE_MAX];
module_param_string(iface, iface, sizeof(iface), 0444);
MODULE_PARM_DESC(iface, "network interface to the other hosts (required, but for transport=shm)");

static char transport[8] = "udp4";
module_param_string(transport, transport, sizeof(transport), 0444);
MODULE_PARM_DESC(transport, "what carries PTP: udp4, udp6, l2 (Ethernet) or shm; the same on all hosts (udp4)");

static char shm[48] = "auto";
module_param_string(shm, shm, sizeof(shm), 0444);
MODULE_PARM_DESC(shm, "with transport=shm: PCI address of the ivshmem device, auto for the first, or physical address and length of other shared memory, as 0x1080000000+16M (auto)");

static unsigned long shm_offset;
module_param(shm_offset, ulong, 0444);
MODULE_PARM_DESC(shm_offset, "with transport=shm: bytes of the device's memory left to others (0)");

static int domain;
module_param(domain, int, 0444);
MODULE_PARM_DESC(domain, "PTP domainNumber, 0 to 127; the same on all hosts (0)");

static int priority1 = 128;
module_param(priority1, int, 0444);
MODULE_PARM_DESC(priority1, "PTP priority1, 0 to 255, lower leads, when several may (128)");

static int priority2 = 128;
module_param(priority2, int, 0444);
MODULE_PARM_DESC(priority2, "PTP priority2, 0 to 255 (128)");

static int announce_interval = -5;
module_param(announce_interval, int, 0444);
MODULE_PARM_DESC(announce_interval, "log2 of seconds between Announce, -7 to 3; the same on all hosts (-5)");

static int announce_timeout = 6;
module_param(announce_timeout, int, 0444);
MODULE_PARM_DESC(announce_timeout, "so many Announce missed are a dead grandmaster, 2 to 10 (6)");

static int sync_interval = -4;
module_param(sync_interval, int, 0444);
MODULE_PARM_DESC(sync_interval, "log2 of seconds between Sync, -7 to 3; the same on all hosts (-4)");

static int slew_max_ppm = 100;
module_param(slew_max_ppm, int, 0444);
MODULE_PARM_DESC(slew_max_ppm, "fastest correction of the clock, 1 to 400 (100)");

static char *role = "auto";
module_param(role, charp, 0444);
MODULE_PARM_DESC(role, "auto, slave-only (never leads), master-only (never follows) (auto)");

static char *reference = "none";
module_param(reference, charp, 0444);
MODULE_PARM_DESC(reference, "foreign PTP grandmaster to lead the cluster after, the same on all hosts: none, any that is better, or its clockIdentity (none)");

static char *delay = "e2e";
module_param(delay, charp, 0444);
MODULE_PARM_DESC(delay, "how delay is measured: e2e (end to end), p2p (of each link); the same on all hosts (e2e)");

static int pdelay_interval = -4;
module_param(pdelay_interval, int, 0444);
MODULE_PARM_DESC(pdelay_interval, "with delay=p2p: log2 of seconds between Pdelay_Req, -7 to 3 (-4)");

static int reference_interval = 4;
module_param(reference_interval, int, 0444);
MODULE_PARM_DESC(reference_interval, "log2 of seconds between Sync, -7 to 3, to be asked of the reference; 4: as it likes (4)");

static char *stamps = "auto";
module_param(stamps, charp, 0444);
MODULE_PARM_DESC(stamps, "who stamps messages: hardware, software, or auto for the NIC where it does (auto)");

struct setting {
	const char *name;
	const int *value;
	int low, high;
};

/* domainNumber: 128 and above are reserved (table 2). Guests bear 500 ppm. */
static const struct setting settings[] = {
	{ "domain", &domain, 0, 127 },
	{ "priority1", &priority1, 0, 255 },
	{ "priority2", &priority2, 0, 255 },
	{ "announce_interval", &announce_interval, -7, 3 },
	{ "announce_timeout", &announce_timeout, 2, 10 },
	{ "sync_interval", &sync_interval, -7, 3 },
	{ "pdelay_interval", &pdelay_interval, -7, 3 },
	{ "reference_interval", &reference_interval, -7, 4 },
	{ "slew_max_ppm", &slew_max_ppm, 1, 400 },
};

static int check_settings(void)
{
	const struct setting *r;

	for (r = settings; r < settings + ARRAY_SIZE(settings); r++) {
		if (*r->value >= r->low && *r->value <= r->high)
			continue;
		pr_err("%s=%d: must be %d to %d\n", r->name, *r->value, r->low, r->high);
		return -EINVAL;
	}
	return 0;
}

/*
 * Who does not follow does not yield either: were another leader the better one, there
 * would be two for good. Better than all who were given nothing, at least.
 */
static int check_master_only(void)
{
	if (priority1 < 128)
		return 0;
	pr_err("role=master-only: needs a priority1 below 128, and below that of all other hosts, since it never yields\n");
	return -EINVAL;
}

static int get_role(struct dvmm_port_config *config)
{
	config->slave_only = sysfs_streq(role, "slave-only");
	config->master_only = sysfs_streq(role, "master-only");
	if (config->master_only)
		return check_master_only();
	if (config->slave_only || sysfs_streq(role, "auto"))
		return 0;
	pr_err("role=%s: must be auto, slave-only or master-only\n", role);
	return -EINVAL;
}

/* 001122.fffe.334455, as ptp4l shows it, or with other separators, or none. */
static int parse_identity(u8 *identity, const char *text)
{
	u32 digits = 0;

	for (; *text && *text != '\n'; text++) {
		int digit = hex_to_bin(*text);

		if (strchr(".:-", *text))
			continue;
		if (digit < 0 || digits == 16)
			return -EINVAL;
		identity[digits / 2] = identity[digits / 2] << 4 | digit;
		digits++;
	}
	return digits == 16 ? 0 : -EINVAL;
}

static int get_reference(struct dvmm_port_config *config)
{
	config->reference_choice = DVMM_CHOOSE_NONE;
	if (sysfs_streq(reference, "none"))
		return 0;
	if (config->slave_only || config->master_only) {
		pr_err("role=%s with reference=%s: only role=auto can lead after a reference\n",
		       role, reference);
		return -EINVAL;
	}
	config->reference_choice = DVMM_CHOOSE_ANY;
	if (sysfs_streq(reference, "any"))
		return 0;
	config->reference_choice = DVMM_CHOOSE_ONE;
	if (!parse_identity(config->reference, reference))
		return 0;
	pr_err("reference=%s: must be none, any, or a clockIdentity such as 001122.fffe.334455\n",
	       reference);
	return -EINVAL;
}

static int get_delay(struct dvmm_port_config *config)
{
	config->peer_to_peer = sysfs_streq(delay, "p2p");
	if (config->peer_to_peer || sysfs_streq(delay, "e2e"))
		return 0;
	pr_err("delay=%s: must be e2e or p2p\n", delay);
	return -EINVAL;
}

static int find_network(enum dvmm_network *network)
{
	static const struct {
		const char *name;
		enum dvmm_network network;
	} known[] = {
		{ "udp4", DVMM_NETWORK_UDP4 }, { "udp6", DVMM_NETWORK_UDP6 },
		{ "l2", DVMM_NETWORK_ETHERNET }, { "shm", DVMM_NETWORK_SHM },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(transport, known[i].name))
			continue;
		*network = known[i].network;
		return 0;
	}
	pr_err("transport=%s: must be udp4, udp6, l2 or shm\n", transport);
	return -EINVAL;
}

int dvmm_params_get(struct dvmm_port_config *config)
{
	int ret = check_settings() ?: get_role(config) ?: get_reference(config) ?:
		  get_delay(config) ?: find_network(&config->network);

	if (ret)
		return ret;
	config->domain = domain;
	config->priority1 = priority1;
	config->priority2 = priority2;
	config->log_announce = announce_interval;
	config->announce_timeout = announce_timeout;
	config->log_sync = sync_interval;
	config->log_pdelay = pdelay_interval;
	config->log_reference_sync = reference_interval;
	config->slew_max_ppb = slew_max_ppm * 1000;
	return 0;
}

int dvmm_params_stamps(enum dvmm_stamps_choice *choice)
{
	static const char * const names[] = {
		[DVMM_STAMPS_CHOOSE_AUTO] = "auto",
		[DVMM_STAMPS_CHOOSE_SOFTWARE] = "software",
		[DVMM_STAMPS_CHOOSE_HARDWARE] = "hardware",
	};
	int i = __sysfs_match_string(names, ARRAY_SIZE(names), stamps);

	if (i < 0) {
		pr_err("stamps=%s: must be auto, software or hardware\n", stamps);
		return -EINVAL;
	}
	*choice = i;
	return 0;
}

const char *dvmm_params_iface(void)
{
	return iface;
}

const char *dvmm_params_shm(u64 *offset)
{
	*offset = shm_offset;
	return shm;
}
