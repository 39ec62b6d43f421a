// SPDX-License-Identifier: GPL-2.0
/*
 * kvmclock, the wall clock and Hyper-V's reference time of a small guest, against its TSC.
 *
 * usage: kvmclock DEVICE TSC_KHZ LOOKS [PHC]
 *
 * Each look has the guest register its page again, so that KVM writes it anew, and sets
 * the old page and the new one against each other at one TSC. One in 50 has KVM begin its
 * master clock anew.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <linux/kvm_para.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "vm.h"

#define CLOCK_PAGE 0x8000
#define WALL_PAGE 0x9000
#define HYPERV_PAGE 0xa000
#define ENABLE 1

#define MSR_TIME_REF_COUNT 0x40000020
#define MSR_REFERENCE_TSC 0x40000021
#define HYPERV_INTERFACE 0x31237648	/* "Hv#1" */

#define REBASE_EVERY 50
#define LOOK_US 2000

struct clock_page {
	uint32_t version;
	uint32_t pad;
	uint64_t tsc;
	uint64_t system_ns;
	uint32_t mul;
	int8_t shift;
	uint8_t flags;
	uint8_t pad2[2];
} __attribute__((packed));

struct wall_page {
	uint32_t version, sec, nsec;
};

struct hyperv_page {
	uint32_t sequence, reserved;
	uint64_t scale;
	int64_t offset;
};

static struct vm vm;
static const char *phc;
static uint32_t khz;

static struct clock_page page(void)
{
	struct clock_page p;

	memcpy(&p, vm.memory + CLOCK_PAGE, sizeof(p));
	return p;
}

static uint64_t page_ns(const struct clock_page *p, uint64_t tsc)
{
	uint64_t delta = tsc - p->tsc;

	delta = p->shift < 0 ? delta >> -p->shift : delta << p->shift;
	return p->system_ns + (uint64_t)((unsigned __int128)delta * p->mul >> 32);
}

static uint64_t clock_ns(uint64_t tsc)
{
	struct clock_page p = page();

	return page_ns(&p, tsc);
}

static uint64_t get_clock(void)
{
	struct kvm_clock_data data;

	if (ioctl(vm.fd, KVM_GET_CLOCK, &data))
		die("KVM_GET_CLOCK");
	return data.clock;
}

static uint64_t reference_100ns(uint64_t tsc)
{
	struct hyperv_page p;

	memcpy(&p, vm.memory + HYPERV_PAGE, sizeof(p));
	if (!p.sequence)
		return 0;
	return (uint64_t)((unsigned __int128)tsc * p.scale >> 64) + p.offset;
}

/* Hyper-V's leaves where KVM's are, and those 0x100 further up. */
static void offer_hyperv(int fd)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid;
	struct kvm_cpuid_entry2 *entry;
	uint32_t i;

	cpuid.head.nent = 254;
	if (ioctl(fd, KVM_GET_CPUID2, &cpuid))
		die("KVM_GET_CPUID2");
	for (i = 0; i < cpuid.head.nent; i++)
		if (cpuid.entries[i].function >> 8 == 0x400000)
			cpuid.entries[i].function += 0x100;
	entry = &cpuid.entries[cpuid.head.nent];
	entry[0] = (struct kvm_cpuid_entry2){ .function = 0x40000000, .eax = 0x40000001 };
	entry[1] = (struct kvm_cpuid_entry2){ .function = 0x40000001, .eax = HYPERV_INTERFACE };
	cpuid.head.nent += 2;
	if (ioctl(fd, KVM_SET_CPUID2, &cpuid))
		die("KVM_SET_CPUID2");
}

static void update(void)
{
	guest_wrmsr(&vm, 0, MSR_KVM_SYSTEM_TIME_NEW, CLOCK_PAGE | ENABLE);
	guest_rdtsc(&vm, 0);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static struct {
	uint64_t diff_ns, rate_ns, hyperv_ns, wall_ns;
	unsigned int disorder, unstable, set_wrong;
} seen;

static void at_most(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

/* Whoever reads first has less. */
static void check_order(void)
{
	uint64_t a = guest_rdtsc(&vm, 0), ns = get_clock(), b = guest_rdtsc(&vm, 0);
	uint64_t reference = guest_rdmsr(&vm, 0, MSR_TIME_REF_COUNT), c = guest_rdtsc(&vm, 0);

	seen.disorder += ns + 1 < clock_ns(a) || ns > clock_ns(b) + 1;
	if (!reference_100ns(b))
		return;
	at_most(&seen.hyperv_ns, distance(reference_100ns(a) * 100, clock_ns(a)));
	seen.disorder += reference < reference_100ns(b) || reference > reference_100ns(c);
}

static void look(unsigned int number)
{
	struct clock_page old = page(), new;
	uint64_t tsc;

	if (number % REBASE_EVERY == 0)
		guest_wrmsr(&vm, 0, MSR_REFERENCE_TSC, HYPERV_PAGE | ENABLE);
	update();
	tsc = guest_rdtsc(&vm, 0);
	new = page();
	at_most(&seen.diff_ns, distance(page_ns(&old, tsc), page_ns(&new, tsc)));
	seen.unstable += !(new.flags & 1);
	check_order();
	usleep(LOOK_US);
}

static void check_set(uint64_t ns)
{
	struct kvm_clock_data data = { .clock = ns };
	uint64_t before, after, since;

	before = guest_rdtsc(&vm, 0);
	if (ioctl(vm.fd, KVM_SET_CLOCK, &data))
		die("KVM_SET_CLOCK");
	after = guest_rdtsc(&vm, 0);
	/* it read ns somewhere in between */
	since = clock_ns(after) - ns + 1;
	seen.set_wrong += since > (after - before) * 1000000 / khz + 2;
	check_order();
}

/* The clock goes on when the guest moves its own TSC. */
static void check_adjust(int64_t by)
{
	uint64_t before = clock_ns(guest_rdtsc(&vm, 0)), after;
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	guest_wrmsr(&vm, 0, MSR_IA32_TSC_ADJUST, by);
	after = clock_ns(guest_rdtsc(&vm, 0));
	clock_gettime(CLOCK_MONOTONIC, &b);
	seen.set_wrong += after < before ||
		after - before > 10000000 + 1000000000ULL * (b.tv_sec - a.tv_sec + 1);
	guest_wrmsr(&vm, 0, MSR_IA32_TSC_ADJUST, 0);
}

static uint64_t phc_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		die("%s", phc);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* How far the time of day is outside of what the PHC said before and after. */
static void check_wall(void)
{
	int fd = open(phc, O_RDONLY);
	clockid_t id = ((unsigned int)~fd << 3) | 3;
	uint64_t before, after, now;
	struct wall_page wall;

	if (fd < 0)
		die("%s", phc);
	guest_wrmsr(&vm, 0, MSR_KVM_WALL_CLOCK_NEW, WALL_PAGE);
	before = phc_ns(id);
	memcpy(&wall, vm.memory + WALL_PAGE, sizeof(wall));
	now = wall.sec * 1000000000ULL + wall.nsec + clock_ns(guest_rdtsc(&vm, 0));
	after = phc_ns(id);
	seen.set_wrong += wall.version & 1 || !wall.version;
	seen.wall_ns = now < before ? before - now : now > after ? now - after : 0;
}

int main(int argc, char **argv)
{
	unsigned int looks, i;
	uint64_t tsc, first_tsc, first_ns;

	if (argc < 4) {
		fprintf(stderr, "usage: kvmclock DEVICE TSC_KHZ LOOKS [PHC]\n");
		return 2;
	}
	khz = atoi(argv[2]);
	looks = atoi(argv[3]);
	phc = argv[4];
	setbuf(stdout, NULL);
	vm_create(&vm, argv[1], 1);
	offer_hyperv(vm.vcpu[0].fd);
	if (!khz)
		khz = ioctl(vm.vcpu[0].fd, KVM_GET_TSC_KHZ);
	update();
	first_tsc = guest_rdtsc(&vm, 0);
	first_ns = clock_ns(first_tsc);
	printf("looking, kvmclock began %" PRIu64 " ns ago\n", first_ns);
	for (i = 0; i < looks; i++)
		look(i);
	tsc = guest_rdtsc(&vm, 0);
	seen.rate_ns = distance(clock_ns(tsc) - first_ns,
				(unsigned __int128)(tsc - first_tsc) * 1000000 / khz);
	check_set(123456789000);
	check_set(5);
	check_adjust(1LL << 40);
	check_adjust(-(1LL << 33));
	if (phc)
		check_wall();
	printf("kvmclock looks=%u seconds=%" PRIu64 " diff_ns=%" PRIu64 " rate_ns=%" PRIu64
	       " hyperv_ns=%" PRIu64 " wall_ns=%" PRIu64 " disorder=%u unstable=%u set_wrong=%u\n",
	       looks, (tsc - first_tsc) / khz / 1000, seen.diff_ns, seen.rate_ns, seen.hyperv_ns,
	       seen.wall_ns, seen.disorder, seen.unstable, seen.set_wrong);
	vm_destroy(&vm);
	return 0;
}
