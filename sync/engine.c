// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: one thread that owns the port, and through it alone the cluster clock.
 *
 * The network fills the inbox in softirq; the thread empties it, runs the port's
 * timers, and sleeps until the next is due. Status and adjustments come from other
 * threads, under the same mutex.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "drops.h"
#include "iface.h"
#include "inbox.h"
#include "keys.h"
#include "netlink.h"
#include "params.h"
#include "port.h"
#include "stamps.h"
#include "trace.h"
#include "transport.h"

/* The tick is twice a second; this only bounds the harm of a mistake. */
#define SLEEP_MAX_NS NSEC_PER_SEC

/*
 * More than that, either way, between two looks at the host counter is a jump, or a long
 * sleep of all of us. So many rounds of agreement tell: the first may have begun before.
 */
#define GAP_MAX_NS (NSEC_PER_SEC * 3 / 2)
#define GAP_ROUNDS 2

/* For rounds that never come: the host sleeps. */
#define WAIT_LONG INT_MAX

static struct dvmm_inbox inbox;
static struct dvmm_transport *transport;
static struct task_struct *thread;

/* Set by the network's notifier, looked at by the thread. */
static enum dvmm_link link_now;

/* Protects the port, that it exists, and its keys. */
static DEFINE_MUTEX(engine_lock);
static struct dvmm_port *port;

/* Rounds of agreement to wait for, and the host counter at the last look; under the lock. */
static int waiting;
static u64 looked_cycles;

/* What the port's keys stand for; NULL while there are none. */
static struct dvmm_keyset *keyset;

static int send(void *ctx, const struct dvmm_address *to, bool event, const u8 *buf, size_t len,
		u32 *key)
{
	u64 cycles = dvmm_host_cycles();
	int ret = transport->ops->send(transport, to, event, buf, len, key);

	if (!ret && event)
		dvmm_stamps_sent(*key, cycles);
	return ret;
}

static u64 random(void *ctx)
{
	return get_random_u64();
}

static u64 tai_ns(void *ctx)
{
	return ktime_get_clocktai_ns();
}

static bool held(void *ctx)
{
	return dvmm_clock_held();
}

static int mac(void *ctx, u32 slot, const u8 *buf, size_t len, u8 *icv)
{
	return dvmm_keys_mac(keyset, slot, buf, len, icv);
}

static void publish(void *ctx, struct dvmm_clock_view *view)
{
	dvmm_clock_publish(view);
}

static int step(void *ctx, const struct dvmm_clock_view *view)
{
	return dvmm_clock_step(view);
}

static const struct dvmm_port_ops port_ops = {
	.send = send,
	.random = random,
	.tai_ns = tai_ns,
	.held = held,
	.mac = mac,
	.clock = { .publish = publish, .step = step },
};

static void on_link(enum dvmm_link link)
{
	WRITE_ONCE(link_now, link);
	wake_up(&inbox.wait);
}

static bool link_changed(void)
{
	return (READ_ONCE(link_now) == DVMM_LINK_UP) == (port->state == DVMM_PORT_FAULTY);
}

static void trace_sample(u64 last_cycles)
{
	const struct dvmm_discipline *d = &port->discipline;
	const struct dvmm_exchange *x = &port->exchanger.request;

	if (d->last_cycles == last_cycles)
		return;
	trace_dvmm_exchange(x->t1_ns, x->t2_cycles, x->t3_cycles, x->t4_ns);
	trace_dvmm_sync_sample(d->offset_ns, d->target.estimator.now.delay_ns,
			       d->target.estimator.now.skew_ppb, d->view.bound_ns);
}

static void receive(const struct dvmm_inbox_item *item)
{
	if (dvmm_port_receive(port, &item->from, item->buf, item->len, item->cycles,
			      dvmm_host_cycles()))
		dvmm_inbox_believe(&inbox, &item->from);
}

static void empty_inbox(void)
{
	static struct dvmm_inbox_item item;
	int i;

	/* no more than there can be at once, lest the timers never run */
	for (i = 0; i < DVMM_INBOX_SIZE && dvmm_inbox_get(&inbox, &item); i++) {
		u64 last_cycles = port->discipline.last_cycles;

		if (!dvmm_stamps_settle(&item))
			continue;
		if (item.len)
			receive(&item);
		else
			dvmm_port_stamp(port, item.key, item.cycles, dvmm_host_cycles());
		trace_sample(last_cycles);
	}
}

/* Whether it is not to be believed for now what time it is. */
static bool in_doubt(u64 nominal)
{
	u64 now = dvmm_host_cycles();
	s64 gap = now - looked_cycles;

	looked_cycles = now;
	if (dvmm_mult_ns(nominal, abs(gap)) > GAP_MAX_NS)
		WRITE_ONCE(waiting, max(waiting, GAP_ROUNDS));
	return waiting;
}

/* Return: how long there is nothing to do, in ns. */
static u64 work(void)
{
	u64 nominal = port->discipline.target.estimator.nominal;
	u64 now;

	lockdep_assert_held(&engine_lock);
	if (in_doubt(nominal))
		return SLEEP_MAX_NS;
	empty_inbox();
	if (link_changed())
		dvmm_port_link(port, READ_ONCE(link_now) == DVMM_LINK_UP, dvmm_host_cycles());
	now = dvmm_host_cycles();
	dvmm_port_run(port, now);
	now = dvmm_port_due(port) - dvmm_host_cycles();
	if ((s64)now <= 0)
		return 0;
	return min_t(u64, dvmm_mult_ns(nominal, now), SLEEP_MAX_NS);
}

static void status_locked(struct dvmm_sync_status *status)
{
	dvmm_port_status(port, status, dvmm_host_cycles());
	dvmm_stamps_status(status);
	dvmm_drops_tell(status, "overflow", dvmm_inbox_overflow(&inbox));
	dvmm_drops_tell(status, "flood", dvmm_inbox_flood(&inbox));
	strscpy(status->iface, *dvmm_params_iface() ? dvmm_params_iface() : "shm",
		sizeof(status->iface));
	if (READ_ONCE(link_now) == DVMM_LINK_GONE)
		strscpy(status->reason, "the network interface is gone: load the module anew",
			sizeof(status->reason));
}

void dvmm_sync_status(struct dvmm_sync_status *status)
{
	memset(status, 0, sizeof(*status));
	mutex_lock(&engine_lock);
	if (port)
		status_locked(status);
	mutex_unlock(&engine_lock);
}

s16 dvmm_sync_utc_offset_s(void)
{
	s16 offset_s = 0;

	mutex_lock(&engine_lock);
	if (port)
		offset_s = port->utc_offset_s;
	mutex_unlock(&engine_lock);
	return offset_s;
}

/* Without the lock: those told ask for the status. */
static void tell_change(void)
{
	struct dvmm_sync_status status;

	dvmm_sync_status(&status);
	trace_dvmm_state(status.role, status.state, status.reason);
	dvmm_netlink_event();
}

/* The end of a wait is something; during one there is nothing. */
static bool something_to_do(bool waited)
{
	if (READ_ONCE(waiting))
		return false;
	return waited || !dvmm_inbox_empty(&inbox) || link_changed();
}

static void sleep(u64 ns)
{
	bool waited = READ_ONCE(waiting);

	wait_event_interruptible_hrtimeout(inbox.wait,
					   something_to_do(waited) || kthread_should_stop(),
					   ns_to_ktime(ns));
}

static int run(void *unused)
{
	u32 changes = 0;

	sched_set_fifo_low(current);
	while (!kthread_should_stop()) {
		bool changed;
		u64 idle_ns;

		mutex_lock(&engine_lock);
		idle_ns = work();
		changed = port->changes != changes;
		changes = port->changes;
		mutex_unlock(&engine_lock);
		if (changed)
			tell_change();
		sleep(idle_ns);
	}
	return 0;
}

static void wait_for(int rounds)
{
	lockdep_assert_held(&engine_lock);
	WRITE_ONCE(waiting, rounds);
	if (!rounds)
		wake_up(&inbox.wait);
}

void dvmm_sync_counters(bool agree, bool sound)
{
	mutex_lock(&engine_lock);
	if (port) {
		dvmm_port_eligible(port, sound);
		if (!agree)
			wait_for(max(waiting, 1));
		else if (waiting && waiting != WAIT_LONG)
			wait_for(waiting - 1);
	}
	mutex_unlock(&engine_lock);
}

void dvmm_sync_suspend(void)
{
	mutex_lock(&engine_lock);
	if (port)
		wait_for(WAIT_LONG);
	mutex_unlock(&engine_lock);
}

/* What came meanwhile has stamps of the counter that was wrong. */
void dvmm_sync_disturbed(u64 step_ns, u64 rate_ppb)
{
	mutex_lock(&engine_lock);
	if (port) {
		dvmm_inbox_clear(&inbox);
		looked_cycles = dvmm_host_cycles();
		dvmm_port_disturbed(port, step_ns, rate_ppb, looked_cycles);
		wait_for(0);
	}
	mutex_unlock(&engine_lock);
}

int dvmm_sync_adjfine(s64 ppb)
{
	int ret = -EOPNOTSUPP;

	mutex_lock(&engine_lock);
	if (port)
		ret = dvmm_port_adjust(port, ppb, dvmm_host_cycles());
	mutex_unlock(&engine_lock);
	return ret;
}

/* clockIdentity of an EUI-48, as all PTP implementations make it (7.5.2.2.2). */
static void make_identity(u8 *identity, const u8 *mac)
{
	memcpy(identity, mac, 3);
	identity[3] = 0xff;
	identity[4] = 0xfe;
	memcpy(identity + 5, mac + 3, 3);
}

/* TAI - UTC where the host was told it; the kernel's two clocks are the same where not. */
static s16 utc_offset_s(void)
{
	ktime_t tai = ktime_get_clocktai(), utc = ktime_get_real();

	return clamp_t(s64, div_s64(ktime_to_ns(tai - utc) + NSEC_PER_SEC / 2, NSEC_PER_SEC),
		       S16_MIN, S16_MAX);
}

/* By clockIdentity, which tells hosts from each other in memory, too. */
static struct dvmm_transport *open_memory(struct dvmm_port_config *config)
{
	u64 offset, identity;
	const char *where = dvmm_params_shm(&offset);

	memcpy(&identity, config->identity, sizeof(identity));
	memcpy(config->address.host, config->identity, sizeof(config->identity));
	return dvmm_transport_shm(where, offset, identity, &inbox);
}

static struct dvmm_transport *open_network(struct dvmm_port_config *config, int ifindex)
{
	switch (config->network) {
	case DVMM_NETWORK_UDP4:
		return dvmm_transport_udp4(ifindex, &inbox);
	case DVMM_NETWORK_UDP6:
		return dvmm_transport_udp6(ifindex, &inbox);
	case DVMM_NETWORK_ETHERNET:
		return dvmm_transport_ethernet(ifindex, &inbox);
	case DVMM_NETWORK_SHM:
		return open_memory(config);
	}
	return ERR_PTR(-EINVAL);
}

static int open_transport(struct dvmm_port_config *config, const struct dvmm_iface *iface)
{
	dvmm_inbox_init(&inbox, dvmm_host_khz());
	transport = open_network(config, iface->ifindex);
	if (!IS_ERR(transport))
		return 0;
	if (config->network == DVMM_NETWORK_SHM)
		return PTR_ERR(transport);
	if (PTR_ERR(transport) == -EADDRINUSE)
		pr_err("UDP port 319 or 320 is in use: stop ptp4l or what else speaks PTP on this host\n");
	else
		pr_err("iface=%s: no PTP sockets (error %ld)\n", dvmm_params_iface(),
		       PTR_ERR(transport));
	return PTR_ERR(transport);
}

bool dvmm_sync_runs(void)
{
	bool runs;

	mutex_lock(&engine_lock);
	runs = port;
	mutex_unlock(&engine_lock);
	return runs;
}

struct dvmm_keyset *dvmm_sync_rekey(struct dvmm_keyset *set)
{
	mutex_lock(&engine_lock);
	if (port) {
		swap(set, keyset);
		dvmm_port_keys(port, dvmm_keys_ids(keyset));
	}
	mutex_unlock(&engine_lock);
	return set;
}

static int create_port_locked(struct dvmm_port_config *config, struct dvmm_keyset *keys)
{
	struct dvmm_port *p = kvzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	looked_cycles = dvmm_host_cycles();
	waiting = 0;
	config->host_khz = dvmm_host_khz();
	config->utc_offset_s = utc_offset_s();
	mutex_lock(&engine_lock);
	dvmm_port_init(p, config, &port_ops, NULL, READ_ONCE(link_now) == DVMM_LINK_UP,
		       dvmm_host_cycles());
	keyset = keys;
	dvmm_port_keys(p, dvmm_keys_ids(keys));
	port = p;
	mutex_unlock(&engine_lock);
	return 0;
}

/* Whoever writes keys= meanwhile waits, lest his be lost. */
static int create_port(struct dvmm_port_config *config)
{
	struct dvmm_keyset *keys;
	int ret;

	kernel_param_lock(THIS_MODULE);
	keys = dvmm_keys_get();
	ret = PTR_ERR_OR_ZERO(keys);
	if (!ret)
		ret = create_port_locked(config, keys);
	if (ret && !IS_ERR(keys))
		dvmm_keys_put(keys);
	kernel_param_unlock(THIS_MODULE);
	return ret;
}

static void destroy_port(void)
{
	mutex_lock(&engine_lock);
	kvfree(port);
	port = NULL;
	dvmm_keys_put(keyset);
	keyset = NULL;
	mutex_unlock(&engine_lock);
}

static int create_thread(void)
{
	thread = kthread_run(run, NULL, "dvmm_sync");
	return PTR_ERR_OR_ZERO(thread);
}

int dvmm_sync_init(void)
{
	struct dvmm_port_config config = { 0 };
	struct dvmm_iface iface = { 0 };
	int ret;

	ret = dvmm_params_get(&config) ?:
	      dvmm_iface_find(&iface, dvmm_params_iface(), config.network);
	if (ret)
		return ret;
	make_identity(config.identity, iface.mac);
	config.address = iface.address;
	ret = dvmm_stamps_open(iface.ifindex, dvmm_params_iface());
	if (ret)
		return ret;
	ret = open_transport(&config, &iface);
	if (ret)
		goto err_stamps;
	ret = dvmm_iface_watch(&iface, on_link);
	if (ret)
		goto err_transport;
	ret = create_port(&config);
	if (ret)
		goto err_watch;
	ret = create_thread();
	if (ret)
		goto err_port;
	return 0;

err_port:
	destroy_port();
err_watch:
	dvmm_iface_unwatch();
err_transport:
	transport->ops->close(transport);
err_stamps:
	dvmm_stamps_close();
	return ret;
}

/* The thread goes first: it alone uses all the rest. */
void dvmm_sync_exit(void)
{
	kthread_stop(thread);
	destroy_port();
	dvmm_iface_unwatch();
	transport->ops->close(transport);
	dvmm_stamps_close();
}
