// SPDX-License-Identifier: GPL-2.0
/* One time of several voices. */
#include "consensus.h"

/* Nobody is as good as that. */
#define ERROR_MIN_NS 16

/* The weight of the surest. */
#define WEIGHT_MAX 0x10000

/* Directions of a path differ by less than a quarter of the mean, likely: half of that. */
#define ASYMMETRY_FRACTION 8

/* So many standard errors from the median is another opinion. */
#define NEAR_SIGMAS 3

u64 dvmm_path_error_ns(const struct dvmm_estimate *e)
{
	return dvmm_error_sum(e->error_ns, e->delay_ns / ASYMMETRY_FRACTION);
}

static u64 square_error(const struct dvmm_voice *voice)
{
	u64 error = clamp(voice->error_ns, (u64)ERROR_MIN_NS, DVMM_ERROR_MAX_NS);

	return error * error;
}

/* Inverse to the square error: WEIGHT_MAX where that is @least. */
static s64 weight(const struct dvmm_voice *voice, u64 least)
{
	return mul_u64_u64_div_u64(least, WEIGHT_MAX, square_error(voice)) + 1;
}

static u64 least_square_error(const struct dvmm_voice *voice, u32 count)
{
	u64 least = square_error(&voice[0]);
	u32 i;

	for (i = 1; i < count; i++)
		least = min(least, square_error(&voice[i]));
	return least;
}

/* The weight of those who say at most @ns. */
static s64 weight_up_to(const struct dvmm_voice *voice, u32 count, u64 least, s64 ns)
{
	s64 sum = 0;
	u32 i;

	for (i = 0; i < count; i++)
		if (voice[i].ns <= ns)
			sum += weight(&voice[i], least);
	return sum;
}

/* The least of what they say that at least half of the weight does not exceed. */
static const struct dvmm_voice *median(const struct dvmm_voice *voice, u32 count, u64 least)
{
	s64 all = weight_up_to(voice, count, least, S64_MAX);
	const struct dvmm_voice *first = NULL;
	u32 i;

	for (i = 0; i < count; i++) {
		if (2 * weight_up_to(voice, count, least, voice[i].ns) < all)
			continue;
		if (!first || voice[i].ns < first->ns)
			first = &voice[i];
	}
	return first;
}

/* Then they are less than 2^34 apart, which times WEIGHT_MAX fits. */
static bool near(const struct dvmm_voice *a, const struct dvmm_voice *b)
{
	u64 error = dvmm_error_sum(a->error_ns, b->error_ns);

	return abs(a->ns - b->ns) <= (s64)(NEAR_SIGMAS * error);
}

s64 dvmm_consensus(const struct dvmm_voice *voice, u32 count)
{
	u64 least = least_square_error(voice, count);
	const struct dvmm_voice *middle = median(voice, count, least);
	s64 sum = 0, all = 0;
	u32 i;

	for (i = 0; i < count; i++) {
		if (!near(&voice[i], middle))
			continue;
		sum += (voice[i].ns - middle->ns) * weight(&voice[i], least);
		all += weight(&voice[i], least);
	}
	return middle->ns + div64_s64(sum, all);
}
