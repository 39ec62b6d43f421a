// SPDX-License-Identifier: GPL-2.0
/*
 * The PTP hardware clock of a network interface.
 *
 * The kernel has no call that finds a clock by its number, so it is looked for where
 * drivers put it: below the device that the interface belongs to. What the class device
 * carries begins with its struct posix_clock, which names that device in turn: that is
 * looked at before anything is believed.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/net_tstamp.h>
#include <linux/netdevice.h>
#include <linux/phy.h>
#include <linux/posix-clock.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "../compat/ts_info.h"
#include "host_cycles.h"
#include "nic_clock.h"

#define WANTED (SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | \
		SOF_TIMESTAMPING_RAW_HARDWARE)

struct dvmm_nic_clock {
	struct device *dev;
	struct posix_clock *clock;
};

/* N of /dev/ptpN, or -errno. A PHY that stamps does so by a clock of its own. */
static int clock_index(struct net_device *dev)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct dvmm_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO, .phc_index = -1 };

	if (phy_has_tsinfo(dev->phydev) || !ops || !ops->get_ts_info ||
	    ops->get_ts_info(dev, &info))
		return -EOPNOTSUPP;
	if ((info.so_timestamping & WANTED) != WANTED || info.phc_index < 0)
		return -EOPNOTSUPP;
	return info.phc_index;
}

/* With a reference to it, or NULL. */
static struct device *clock_device(struct net_device *dev, int index)
{
	char name[16];

	if (!dev->dev.parent)
		return NULL;
	snprintf(name, sizeof(name), "ptp%d", index);
	return device_find_child_by_name(dev->dev.parent, name);
}

static struct posix_clock *clock_of(struct device *dev)
{
	struct posix_clock *clock = dev_get_drvdata(dev);

	if (!dev->class || strcmp(dev->class->name, "ptp") || !clock || clock->dev != dev ||
	    !clock->ops.clock_gettime)
		return NULL;
	return clock;
}

static struct device *look_up(int ifindex, int *index)
{
	struct net_device *dev = __dev_get_by_index(&init_net, ifindex);
	struct device *found;

	if (!dev)
		return ERR_PTR(-ENODEV);
	*index = clock_index(dev);
	if (*index < 0)
		return ERR_PTR(*index);
	found = clock_device(dev, *index);
	return found ?: ERR_PTR(-EOPNOTSUPP);
}

struct dvmm_nic_clock *dvmm_nic_clock_open(int ifindex, int *index)
{
	struct dvmm_nic_clock *clock = kzalloc(sizeof(*clock), GFP_KERNEL);
	int ret;

	if (!clock)
		return ERR_PTR(-ENOMEM);
	rtnl_lock();
	clock->dev = look_up(ifindex, index);
	rtnl_unlock();
	ret = PTR_ERR_OR_ZERO(clock->dev);
	if (ret)
		goto err_free;
	clock->clock = clock_of(clock->dev);
	if (clock->clock)
		return clock;
	ret = -EOPNOTSUPP;
	put_device(clock->dev);
err_free:
	kfree(clock);
	return ERR_PTR(ret);
}

void dvmm_nic_clock_close(struct dvmm_nic_clock *clock)
{
	put_device(clock->dev);
	kfree(clock);
}

/* As the posix clocks' own core does: whoever unregisters it waits for the lock. */
int dvmm_nic_clock_read(struct dvmm_nic_clock *clock, u64 *ns, u64 *before, u64 *after)
{
	struct posix_clock *posix = clock->clock;
	struct timespec64 ts;
	int ret = -ENODEV;

	down_read(&posix->rwsem);
	if (!posix->zombie) {
		*before = dvmm_host_cycles();
		ret = posix->ops.clock_gettime(posix, &ts);
		*after = dvmm_host_cycles();
	}
	up_read(&posix->rwsem);
	if (!ret)
		*ns = timespec64_to_ns(&ts);
	return ret;
}
