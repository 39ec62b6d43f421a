// SPDX-License-Identifier: GPL-2.0
/* KVM's ioctls about its PIT, answered by ours. */
#include <linux/kvm.h>
#include <linux/ktime.h>
#include <linux/uaccess.h>

#include "pit_image.h"
#include "vm_line.h"
#include "vm_pit.h"
#include "vm_pit_ioctl.h"
#include "vm_policy.h"

/* States of its bytes, as KVM numbers them (arch/x86/kvm/i8254.h). */
enum { RW_LOW = 1, RW_HIGH, RW_BOTH, RW_SECOND };

/* KVM_SET_PIT's structure is the beginning of KVM_SET_PIT2's. */
static_assert(!offsetof(struct kvm_pit_state2, channels) &&
	      !offsetof(struct kvm_pit_state, channels));

static struct dvmm_vpit *created(struct dvmm_vm *vm)
{
	struct dvmm_vpit *pit = dvmm_vpit_of(vm);

	return pit && READ_ONCE(pit->created) ? pit : NULL;
}

/*
 * What KVM's clock, CLOCK_MONOTONIC, is ahead of ours: by the quickest of three readings,
 * since a pulse of the PIT is 838 ns.
 */
static s64 host_ahead_ns(struct dvmm_vm *vm, u64 *now_ns)
{
	u64 before_ns, after_ns, quickest_ns = U64_MAX;
	s64 ahead_ns = 0;
	int i;

	for (i = 0; i < 3; i++) {
		before_ns = ktime_get_ns();
		*now_ns = dvmm_vm_now_ns(vm);
		after_ns = ktime_get_ns();
		if (after_ns - before_ns >= quickest_ns)
			continue;
		quickest_ns = after_ns - before_ns;
		ahead_ns = before_ns + quickest_ns / 2 - *now_ns;
	}
	return ahead_ns;
}

static u8 byte_state(u8 access, bool second)
{
	return access == RW_BOTH && second ? RW_SECOND : access;
}

static void to_kvm(struct kvm_pit_channel_state *state, const struct dvmm_pit_image *image,
		   s64 host_ahead_ns)
{
	*state = (struct kvm_pit_channel_state){
		.count = image->count,
		.latched_count = image->latch,
		.count_latched = image->latched ?
				 byte_state(image->access, image->latched == 1) : 0,
		.status_latched = image->status_latched,
		.status = image->status,
		.read_state = byte_state(image->access, image->read_high),
		.write_state = byte_state(image->access, image->write_high),
		.write_latch = image->low,
		.rw_mode = image->access,
		.mode = image->mode,
		.bcd = image->bcd,
		.gate = image->gate,
		.count_load_time = image->loaded_ns + host_ahead_ns,
	};
}

static u8 bytes_latched(u8 state)
{
	return state == RW_BOTH ? 2 : !!state;
}

static void from_kvm(struct dvmm_pit_image *image, const struct kvm_pit_channel_state *state,
		     s64 host_ahead_ns)
{
	*image = (struct dvmm_pit_image){
		.count = state->count,
		.latch = state->latched_count,
		.latched = bytes_latched(state->count_latched),
		.status_latched = state->status_latched,
		.status = state->status,
		.read_high = state->read_state == RW_SECOND || state->count_latched == RW_SECOND,
		.write_high = state->write_state == RW_SECOND,
		.low = state->write_latch,
		.access = state->rw_mode,
		.mode = state->mode,
		.bcd = state->bcd,
		.gate = state->gate,
		/* user space may give anything */
		.loaded_ns = (u64)state->count_load_time - host_ahead_ns,
	};
}

static void save(struct dvmm_vpit *pit, struct kvm_pit_state2 *state)
{
	struct dvmm_vm *vm = pit->vdev.vm;
	struct dvmm_pit_image image;
	u64 now_ns;
	s64 ahead_ns;
	int i;

	dvmm_timers_lock(vm);
	ahead_ns = host_ahead_ns(vm, &now_ns);
	for (i = 0; i < DVMM_PIT_CHANNELS; i++) {
		dvmm_pit_save(&pit->core, i, &image, now_ns);
		to_kvm(&state->channels[i], &image, ahead_ns);
	}
	state->flags = (pit->kvm_replaced ? KVM_PIT_FLAGS_HPET_LEGACY : 0) |
		       (pit->core.speaker ? KVM_PIT_FLAGS_SPEAKER_DATA_ON : 0);
	dvmm_timers_unlock(vm);
}

static void restore(struct dvmm_vpit *pit, const struct kvm_pit_state2 *state, bool with_flags)
{
	struct dvmm_vm *vm = pit->vdev.vm;
	struct dvmm_pit_image image;
	u64 now_ns;
	s64 ahead_ns;
	int i;

	dvmm_timers_lock(vm);
	ahead_ns = host_ahead_ns(vm, &now_ns);
	for (i = 0; i < DVMM_PIT_CHANNELS; i++) {
		from_kvm(&image, &state->channels[i], ahead_ns);
		dvmm_pit_restore(&pit->core, i, &image, now_ns);
	}
	if (with_flags) {
		pit->kvm_replaced = state->flags & KVM_PIT_FLAGS_HPET_LEGACY;
		pit->core.speaker = state->flags & KVM_PIT_FLAGS_SPEAKER_DATA_ON;
	}
	dvmm_vpit_changed(pit, now_ns);
	dvmm_timers_unlock(vm);
}

static void power_on(struct dvmm_vpit *pit)
{
	struct dvmm_vm *vm = pit->vdev.vm;
	u64 now_ns;

	dvmm_timers_lock(vm);
	now_ns = dvmm_vm_now_ns(vm);
	dvmm_pit_init(&pit->core, now_ns);
	dvmm_vpit_changed(pit, now_ns);
	WRITE_ONCE(pit->created, true);
	dvmm_timers_unlock(vm);
}

/* kvm->lock keeps two of these apart, as in KVM. */
static long create(struct dvmm_vm *vm)
{
	struct dvmm_vpit *pit = dvmm_vpit_of(vm);

	lockdep_assert_held(&vm->kvm->lock);
	if (!dvmm_irq_has_irqchip(vm))
		return -ENOENT;
	if (pit->created)
		return -EEXIST;
	power_on(pit);
	return 0;
}

long dvmm_pit_ioctl_create(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg)
{
	struct kvm_pit_config config;
	long ret;

	if (!dvmm_vpit_of(vm))
		return -ENOIOCTLCMD;
	if (cmd == KVM_CREATE_PIT2 &&
	    copy_from_user(&config, (void __user *)arg, sizeof(config)))
		return -EFAULT;
	mutex_lock(&vm->kvm->lock);
	ret = create(vm);
	mutex_unlock(&vm->kvm->lock);
	if (!ret)
		dvmm_irq_want_acks(vm, dvmm_vpit_of(vm)->timer.gsi);
	return ret;
}

static size_t size_of_state(unsigned int cmd)
{
	return cmd == KVM_GET_PIT || cmd == KVM_SET_PIT ? sizeof(struct kvm_pit_state)
							 : sizeof(struct kvm_pit_state2);
}

long dvmm_pit_ioctl_get(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg)
{
	struct kvm_pit_state2 state = {};
	struct dvmm_vpit *pit = created(vm);

	if (!pit)
		return -ENXIO;
	save(pit, &state);
	return copy_to_user((void __user *)arg, &state, size_of_state(cmd)) ? -EFAULT : 0;
}

long dvmm_pit_ioctl_set(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg)
{
	struct kvm_pit_state2 state = {};
	struct dvmm_vpit *pit = created(vm);

	if (!pit)
		return -ENXIO;
	if (copy_from_user(&state, (void __user *)arg, size_of_state(cmd)))
		return -EFAULT;
	restore(pit, &state, cmd == KVM_SET_PIT2);
	return 0;
}

long dvmm_pit_ioctl_reinject(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg)
{
	struct kvm_reinject_control control;

	if (!created(vm))
		return -ENXIO;
	if (copy_from_user(&control, (void __user *)arg, sizeof(control)))
		return -EFAULT;
	dvmm_timers_set_policy(vm, DVMM_DEVICE_PIT, control.pit_reinject ?
			       dvmm_policy_of(DVMM_DEVICE_PIT) : DVMM_TICK_DISCARD);
	return 0;
}
