# SPDX-License-Identifier: GPL-2.0
# The simulator's engine, for all who link it; they have this directory in their paths.
sim := sim events links oscillator wander counter_faults network transparent watch errors mac pi rivals \
       units script verbs limits play
