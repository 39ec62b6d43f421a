// SPDX-License-Identifier: GPL-2.0
/* The network interface: found, watched, never held. */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>

#include "iface.h"

static bool take_ipv4(struct dvmm_iface *iface, const struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	struct in_ifaddr *first = in_dev ? rtnl_dereference(in_dev->ifa_list) : NULL;

	if (!first)
		return false;
	memcpy(iface->address.host, &first->ifa_local, sizeof(first->ifa_local));
	return true;
}

static bool take_ipv6(struct dvmm_iface *iface, const struct net_device *dev)
{
	struct inet6_dev *in6_dev = __in6_dev_get(dev);
	struct inet6_ifaddr *first;

	if (!in6_dev)
		return false;
	read_lock_bh(&in6_dev->lock);
	first = list_first_entry_or_null(&in6_dev->addr_list, struct inet6_ifaddr, if_list);
	if (first)
		memcpy(iface->address.host, &first->addr, sizeof(first->addr));
	read_unlock_bh(&in6_dev->lock);
	return first;
}

static bool take_ethernet(struct dvmm_iface *iface, const struct net_device *dev)
{
	if (dev->type != ARPHRD_ETHER)
		return false;
	ether_addr_copy(iface->address.host, dev->dev_addr);
	return true;
}

static bool take_address(struct dvmm_iface *iface, const struct net_device *dev,
			 enum dvmm_network network)
{
	switch (network) {
	case DVMM_NETWORK_UDP4:
		return take_ipv4(iface, dev);
	case DVMM_NETWORK_UDP6:
		return take_ipv6(iface, dev);
	case DVMM_NETWORK_ETHERNET:
		return take_ethernet(iface, dev);
	case DVMM_NETWORK_SHM:
		return true;
	}
	return false;
}

/* What is wrong, by network. */
static const char * const no_address[] = {
	[DVMM_NETWORK_UDP4] = "has no IPv4 address; give it one with 'ip address add'",
	[DVMM_NETWORK_UDP6] = "has no IPv6 address; try 'ip link set up'",
	[DVMM_NETWORK_ETHERNET] = "is no Ethernet; choose another transport=",
};

static void take_mac(struct dvmm_iface *iface, const struct net_device *dev)
{
	if (dev->addr_len == ETH_ALEN && is_valid_ether_addr(dev->dev_addr))
		ether_addr_copy(iface->mac, dev->dev_addr);
	else
		eth_random_addr(iface->mac);
}

static int look_up(struct dvmm_iface *iface, const char *name, enum dvmm_network network)
{
	struct net_device *dev = __dev_get_by_name(&init_net, name);

	if (!dev) {
		pr_err("iface=%s: no such interface; see 'ip link'\n", name);
		return -ENODEV;
	}
	if (!take_address(iface, dev, network)) {
		pr_err("iface=%s: %s\n", name, no_address[network]);
		return -EADDRNOTAVAIL;
	}
	iface->ifindex = network == DVMM_NETWORK_SHM ? 0 : dev->ifindex;
	take_mac(iface, dev);
	return 0;
}

int dvmm_iface_find(struct dvmm_iface *iface, const char *name, enum dvmm_network network)
{
	int ret;

	if (!*name && network == DVMM_NETWORK_SHM) {
		eth_random_addr(iface->mac);
		return 0;
	}
	if (!*name) {
		pr_err("iface= is missing: say which interface leads to the other hosts, as in 'iface=eth0'\n");
		return -EINVAL;
	}
	rtnl_lock();
	ret = look_up(iface, name, network);
	rtnl_unlock();
	return ret;
}

static int watched;
static void (*tell)(enum dvmm_link link);

static enum dvmm_link link_of(const struct net_device *dev)
{
	return netif_running(dev) && netif_carrier_ok(dev) ? DVMM_LINK_UP : DVMM_LINK_DOWN;
}

static int on_event(struct notifier_block *nb, unsigned long event, void *info)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (!net_eq(dev_net(dev), &init_net) || dev->ifindex != watched)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_REGISTER:
	case NETDEV_UP:
	case NETDEV_CHANGE:
		tell(link_of(dev));
		break;
	case NETDEV_GOING_DOWN:
	case NETDEV_DOWN:
		tell(DVMM_LINK_DOWN);
		break;
	case NETDEV_UNREGISTER:
		tell(DVMM_LINK_GONE);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block watcher = { .notifier_call = on_event };

/*
 * Registration replays what has happened so far, so that the link is known at once.
 * Memory has no link that could go down.
 */
int dvmm_iface_watch(const struct dvmm_iface *iface, void (*changed)(enum dvmm_link link))
{
	watched = iface->ifindex;
	tell = changed;
	if (!watched) {
		changed(DVMM_LINK_UP);
		return 0;
	}
	return register_netdevice_notifier(&watcher);
}

void dvmm_iface_unwatch(void)
{
	if (watched)
		unregister_netdevice_notifier(&watcher);
}
