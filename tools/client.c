// SPDX-License-Identifier: GPL-2.0
/* Generic netlink: one socket for questions, another for events. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "client.h"

#define BUFFER_SIZE 8192 /* MNL_SOCKET_BUFFER_SIZE, but a constant */

struct client {
	struct mnl_socket *questions;
	struct mnl_socket *events;
	__u16 family;
	__u32 group;
	unsigned int seq;
	char buffer[BUFFER_SIZE];
};

/* Where each attribute goes, and its size there. Others are of a later version. */
static const struct field {
	size_t offset;
	size_t size;
} fields[DVMM_A_MAX + 1] = {
#define AT(member) offsetof(struct dvmm_status, member)
	[DVMM_A_ROLE] = { AT(role), sizeof(__u32) },
	[DVMM_A_STATE] = { AT(state), sizeof(__u32) },
	[DVMM_A_STATE_AGE_NS] = { AT(state_age_ns), sizeof(__u64) },
	[DVMM_A_IDENTITY] = { AT(identity), DVMM_IDENTITY_LEN },
	[DVMM_A_GRANDMASTER] = { AT(grandmaster), DVMM_IDENTITY_LEN },
	[DVMM_A_CLUSTER_ID] = { AT(cluster_id), sizeof(__u64) },
	[DVMM_A_EPOCH_NS] = { AT(epoch_ns), sizeof(__u64) },
	[DVMM_A_TSC_KHZ] = { AT(tsc_khz), sizeof(__u32) },
	[DVMM_A_TIME_NS] = { AT(time_ns), sizeof(__u64) },
	[DVMM_A_OFFSET_NS] = { AT(offset_ns), sizeof(__s64) },
	[DVMM_A_SKEW_PPB] = { AT(skew_ppb), sizeof(__s64) },
	[DVMM_A_PATH_DELAY_NS] = { AT(path_delay_ns), sizeof(__u64) },
	[DVMM_A_BOUND_NS] = { AT(bound_ns), sizeof(__u64) },
	[DVMM_A_GUEST_BOUND_NS] = { AT(guest_bound_ns), sizeof(__u64) },
	[DVMM_A_VMS] = { AT(vms), sizeof(__u32) },
	[DVMM_A_LINE_CHANGES] = { AT(line_changes), sizeof(__u64) },
	[DVMM_A_RX] = { AT(rx), sizeof(__u64) },
	[DVMM_A_RX_DROPPED] = { AT(rx_dropped), sizeof(__u64) },
	[DVMM_A_TX] = { AT(tx), sizeof(__u64) },
	[DVMM_A_PHC_INDEX] = { AT(phc_index), sizeof(__s32) },
	[DVMM_A_IFACE] = { AT(iface), DVMM_IFACE_LEN },
	[DVMM_A_REASON] = { AT(reason), DVMM_REASON_LEN },
	[DVMM_A_AUTH_KEY] = { AT(auth_key), sizeof(__u32) },
	[DVMM_A_CLOCK_CLASS] = { AT(clock_class), sizeof(__u32) },
	[DVMM_A_CLOCK_ACCURACY] = { AT(clock_accuracy), sizeof(__u32) },
	[DVMM_A_REFERENCE_STATE] = { AT(reference_state), sizeof(__u32) },
	[DVMM_A_REFERENCE] = { AT(reference), DVMM_IDENTITY_LEN },
	[DVMM_A_REFERENCE_OFFSET_NS] = { AT(reference_offset_ns), sizeof(__s64) },
	[DVMM_A_REFERENCE_BOUND_NS] = { AT(reference_bound_ns), sizeof(__u64) },
	[DVMM_A_PEERS] = { AT(peers), sizeof(__u32) },
	[DVMM_A_CLOSURE_NS] = { AT(closure_ns), sizeof(__s64) },
	[DVMM_A_TIME_CYCLES] = { AT(time_cycles), sizeof(__u64) },
	[DVMM_A_TIME_MULT] = { AT(time_mult), sizeof(__u64) },
	[DVMM_A_STAMPS] = { AT(stamps), sizeof(__u32) },
	[DVMM_A_STAMPS_HARDWARE] = { AT(stamps_hardware), sizeof(__u64) },
	[DVMM_A_STAMPS_SOFTWARE] = { AT(stamps_software), sizeof(__u64) },
	[DVMM_A_STAMPS_IMPOSSIBLE] = { AT(stamps_impossible), sizeof(__u64) },
	[DVMM_A_STAMP_ERROR_NS] = { AT(stamp_error_ns), sizeof(__u64) },
	[DVMM_A_NIC_PHC] = { AT(nic_phc), sizeof(__s32) },
};

/* Strings keep a NUL at their end: one byte less is copied, the rest is zero. */
static size_t room_for(const struct field *field, __u16 attribute)
{
	if (attribute == DVMM_A_IFACE || attribute == DVMM_A_REASON)
		return field->size - 1;
	return field->size;
}

static int take_drop_attribute(const struct nlattr *attr, void *data)
{
	__u16 len = mnl_attr_get_payload_len(attr);
	struct dvmm_drop *drop = data;

	if (mnl_attr_get_type(attr) == DVMM_DROP_A_COUNT && len == sizeof(drop->count))
		memcpy(&drop->count, mnl_attr_get_payload(attr), len);
	if (mnl_attr_get_type(attr) == DVMM_DROP_A_REASON)
		memcpy(drop->reason, mnl_attr_get_payload(attr),
		       len < DVMM_DROP_NAME_LEN ? len : DVMM_DROP_NAME_LEN - 1);
	return MNL_CB_OK;
}

static int take_drop(const struct nlattr *attr, struct dvmm_status *status)
{
	int i;

	for (i = 0; i < DVMM_DROPS_MAX; i++)
		if (!status->drop[i].count)
			return mnl_attr_parse_nested(attr, take_drop_attribute, &status->drop[i]);
	return MNL_CB_OK;
}

static int take_attribute(const struct nlattr *attr, void *data)
{
	__u16 type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);
	struct dvmm_status *status = data;
	const struct field *field;

	if (type == DVMM_A_DROP)
		return take_drop(attr, status);
	if (type > DVMM_A_MAX || !fields[type].size)
		return MNL_CB_OK;
	field = &fields[type];
	if (len > room_for(field, type))
		len = room_for(field, type);
	memcpy((char *)status + field->offset, mnl_attr_get_payload(attr), len);
	return MNL_CB_OK;
}

static int take_status(const struct nlmsghdr *nlh, void *data)
{
	struct dvmm_status *status = data;

	memset(status, 0, sizeof(*status));
	status->phc_index = -1;
	status->nic_phc = -1;
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), take_attribute, status);
}

static struct nlmsghdr *question(struct client *client, __u16 family, __u8 cmd,
				 __u8 version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(client->buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++client->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

/* Send @nlh, which lies in the buffer; give the answer to @take; until the ack. */
static int ask(struct client *client, const struct nlmsghdr *nlh, mnl_cb_t take, void *data)
{
	unsigned int port = mnl_socket_get_portid(client->questions);
	ssize_t len;
	int ret;

	if (mnl_socket_sendto(client->questions, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(client->questions, client->buffer,
					  sizeof(client->buffer));
		if (len < 0)
			return -errno;
		ret = mnl_cb_run(client->buffer, len, client->seq, port, take, data);
	} while (ret > 0);
	return ret < 0 ? -errno : 0;
}

int client_status(struct client *client, struct dvmm_status *status)
{
	return ask(client, question(client, client->family, DVMM_CMD_STATUS, DVMM_GENL_VERSION),
		   take_status, status);
}

static const struct field source_fields[DVMM_SOURCE_A_MAX + 1] = {
#define SOURCE_AT(member, type) { offsetof(struct dvmm_source, member), sizeof(type) }
	[DVMM_SOURCE_A_KIND] = SOURCE_AT(kind, __u32),
	[DVMM_SOURCE_A_HZ] = SOURCE_AT(hz, __u64),
	[DVMM_SOURCE_A_BITS] = SOURCE_AT(bits, __u32),
	[DVMM_SOURCE_A_READ_ERROR_NS] = SOURCE_AT(read_error_ns, __u32),
	[DVMM_SOURCE_A_SKEW_PPB] = SOURCE_AT(skew_ppb, __s32),
	[DVMM_SOURCE_A_SKEW_ERROR_PPB] = SOURCE_AT(skew_error_ppb, __u32),
	[DVMM_SOURCE_A_ADEV_1S] = SOURCE_AT(adev_1s, __u64),
	[DVMM_SOURCE_A_ADEV_10S] = SOURCE_AT(adev_10s, __u64),
	[DVMM_SOURCE_A_ADEV_100S] = SOURCE_AT(adev_100s, __u64),
	[DVMM_SOURCE_A_FAULT] = SOURCE_AT(fault, __u32),
	[DVMM_SOURCE_A_FAULTS] = SOURCE_AT(faults, __u32),
	[DVMM_SOURCE_A_VOTES] = SOURCE_AT(votes, __u32),
	[DVMM_SOURCE_A_IN_USE] = SOURCE_AT(in_use, __u32),
};

static int take_source_attribute(const struct nlattr *attr, void *data)
{
	__u16 type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);
	const struct field *field;

	if (type > DVMM_SOURCE_A_MAX)
		return MNL_CB_OK;
	field = &source_fields[type];
	if (len != field->size)
		return MNL_CB_OK;
	memcpy((char *)data + field->offset, mnl_attr_get_payload(attr), len);
	return MNL_CB_OK;
}

/* A later version may have more than fit. */
static int take_source(const struct nlmsghdr *nlh, void *data)
{
	struct dvmm_source_list *list = data;

	if (list->count == DVMM_SOURCES)
		return MNL_CB_OK;
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), take_source_attribute,
			      &list->source[list->count++]);
}

int client_sources(struct client *client, struct dvmm_source_list *list)
{
	struct nlmsghdr *nlh = question(client, client->family, DVMM_CMD_SOURCES,
					DVMM_GENL_VERSION);

	memset(list, 0, sizeof(*list));
	nlh->nlmsg_flags |= NLM_F_DUMP;
	return ask(client, nlh, take_source, list);
}

static const struct field timer_fields[DVMM_TIMER_A_MAX + 1] = {
#define TIMER_AT(member, type) { offsetof(struct dvmm_timer, member), sizeof(type) }
	[DVMM_TIMER_A_PID] = TIMER_AT(pid, __u32),
	[DVMM_TIMER_A_COMM] = TIMER_AT(comm, char[DVMM_COMM_LEN]),
	[DVMM_TIMER_A_DEVICE] = TIMER_AT(device, __u32),
	[DVMM_TIMER_A_INDEX] = TIMER_AT(index, __u32),
	[DVMM_TIMER_A_POLICY] = TIMER_AT(policy, __u32),
	[DVMM_TIMER_A_PROGRAMMED] = TIMER_AT(programmed, __u64),
	[DVMM_TIMER_A_DELIVERED] = TIMER_AT(delivered, __u64),
	[DVMM_TIMER_A_MERGED] = TIMER_AT(merged, __u64),
	[DVMM_TIMER_A_DISCARDED] = TIMER_AT(discarded, __u64),
	[DVMM_TIMER_A_PENDING] = TIMER_AT(pending, __u64),
	[DVMM_TIMER_A_IN_FLIGHT] = TIMER_AT(in_flight, __u32),
	[DVMM_TIMER_A_HELD] = TIMER_AT(held, __u64),
	[DVMM_TIMER_A_RESTS] = TIMER_AT(rests, __u64),
	[DVMM_TIMER_A_LATE] = TIMER_AT(late, __u64[DVMM_TICK_CLASSES]),
};

static int take_timer_attribute(const struct nlattr *attr, void *data)
{
	__u16 type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);
	const struct field *field;

	if (type > DVMM_TIMER_A_MAX || !timer_fields[type].size)
		return MNL_CB_OK;
	field = &timer_fields[type];
	if (type == DVMM_TIMER_A_COMM && len >= field->size)
		len = field->size - 1;
	if (len > field->size || (len != field->size && type != DVMM_TIMER_A_COMM))
		return MNL_CB_OK;
	memcpy((char *)data + field->offset, mnl_attr_get_payload(attr), len);
	return MNL_CB_OK;
}

static int take_timer(const struct nlmsghdr *nlh, void *data)
{
	struct dvmm_timer_list *list = data;
	struct dvmm_timer *more = realloc(list->timer, (list->count + 1) * sizeof(*more));

	if (!more) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	list->timer = more;
	memset(&more[list->count], 0, sizeof(*more));
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), take_timer_attribute,
			      &more[list->count++]);
}

int client_timers(struct client *client, struct dvmm_timer_list *list)
{
	struct nlmsghdr *nlh = question(client, client->family, DVMM_CMD_TIMERS,
					DVMM_GENL_VERSION);

	memset(list, 0, sizeof(*list));
	nlh->nlmsg_flags |= NLM_F_DUMP;
	return ask(client, nlh, take_timer, list);
}

int client_timer_policy(struct client *client, __u32 pid, __u32 device, __u32 policy)
{
	struct nlmsghdr *nlh = question(client, client->family, DVMM_CMD_TIMER_POLICY,
					DVMM_GENL_VERSION);

	mnl_attr_put_u32(nlh, DVMM_TIMER_A_PID, pid);
	mnl_attr_put_u32(nlh, DVMM_TIMER_A_DEVICE, device);
	mnl_attr_put_u32(nlh, DVMM_TIMER_A_POLICY, policy);
	return ask(client, nlh, NULL, NULL);
}

/* The family has one multicast group. */
static int take_group(const struct nlattr *attr, void *data)
{
	struct client *client = data;

	if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
		client->group = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int take_groups(const struct nlattr *attr, void *data)
{
	return mnl_attr_parse_nested(attr, take_group, data);
}

static int take_family_attribute(const struct nlattr *attr, void *data)
{
	struct client *client = data;

	switch (mnl_attr_get_type(attr)) {
	case CTRL_ATTR_FAMILY_ID:
		client->family = mnl_attr_get_u16(attr);
		return MNL_CB_OK;
	case CTRL_ATTR_MCAST_GROUPS:
		return mnl_attr_parse_nested(attr, take_groups, client);
	default:
		return MNL_CB_OK;
	}
}

static int take_family(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), take_family_attribute, data);
}

static int resolve(struct client *client)
{
	struct nlmsghdr *nlh = question(client, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, DVMM_GENL_NAME);
	return ask(client, nlh, take_family, client);
}

static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_GENERIC);

	if (!socket)
		return NULL;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int err = errno;

		mnl_socket_close(socket);
		errno = err;
		return NULL;
	}
	return socket;
}

int client_open(struct client **client)
{
	struct client *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->seq = time(NULL);
	new->questions = open_socket();
	err = new->questions ? resolve(new) : -errno;
	if (err) {
		client_close(new);
		return err;
	}
	*client = new;
	return 0;
}

int client_subscribe(struct client *client)
{
	client->events = open_socket();
	if (!client->events)
		return -errno;
	if (mnl_socket_setsockopt(client->events, NETLINK_ADD_MEMBERSHIP,
				  &client->group, sizeof(client->group)) < 0)
		return -errno;
	return 0;
}

int client_event(struct client *client, int timeout_ms, struct dvmm_status *status)
{
	struct pollfd fd = { .events = POLLIN };
	ssize_t len;
	int ret;

	fd.fd = mnl_socket_get_fd(client->events);
	ret = poll(&fd, 1, timeout_ms);
	if (ret <= 0)
		return ret < 0 ? -errno : 0;
	len = mnl_socket_recvfrom(client->events, client->buffer, sizeof(client->buffer));
	if (len < 0)
		return -errno;
	return mnl_cb_run(client->buffer, len, 0, 0, take_status, status) < 0 ? -errno : 1;
}

void client_close(struct client *client)
{
	if (client->events)
		mnl_socket_close(client->events);
	if (client->questions)
		mnl_socket_close(client->questions);
	free(client);
}
