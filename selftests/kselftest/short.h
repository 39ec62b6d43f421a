/* SPDX-License-Identifier: GPL-2.0 */
/* Included before a test that sleeps for two minutes and takes no argument: 20 s are enough to tell 1 ppm. */
#include <unistd.h>
#define sleep(seconds) sleep((seconds) / 6)
