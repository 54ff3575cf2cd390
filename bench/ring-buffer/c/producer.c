// SPDX-License-Identifier: Apache-2.0
/*
 * Runs the program of fill.bpf.c, which it inherits as descriptor 3, on command:
 *   fill FIRST COUNT         writes COUNT records at once
 *   pace FIRST RATE SECONDS  writes RATE records a second in steps of a millisecond
 * and answers each with a line of JSON.
 */
#define _GNU_SOURCE
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <bpf/bpf.h>
#include "../bpf/record.h"

#define PROGRAM_FD 3
#define WAKEUP_BYTES (512 << 10)

static __u64 written, dropped;

static void run(__u64 first, __u64 count, __u64 wakeup_bytes)
{
	struct fill fill = { .first = first, .count = count, .wakeup_bytes = wakeup_bytes };
	/* The kernel writes the context back to where it came from. */
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &fill, .ctx_size_in = sizeof(fill));

	if (bpf_prog_test_run_opts(PROGRAM_FD, &options)) {
		perror("BPF_PROG_TEST_RUN");
		exit(1);
	}
	written += fill.written;
	dropped += fill.dropped;
}

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void pace(__u64 first, __u64 rate, double seconds)
{
	__u64 start = now_ns(), end = start + seconds * 1e9, done = 0;

	for (__u64 now = start; now < end; now = now_ns()) {
		__u64 due = (now - start) * (rate / 1000) / 1000000;

		if (due > done) {
			run(first + done, due - done, WAKEUP_BYTES);
			done = due;
		}
		struct timespec step = { .tv_nsec = 1000000 };
		nanosleep(&step, NULL);
	}
}

int main(void)
{
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		unsigned long long first, number;
		double seconds;

		written = dropped = 0;
		__u64 start = now_ns();
		if (sscanf(line, "fill %llu %llu", &first, &number) == 2)
			run(first, number, 0);
		else if (sscanf(line, "pace %llu %llu %lf", &first, &number, &seconds) == 3)
			pace(first, number, seconds);
		printf("{\"written\":%llu,\"dropped\":%llu,\"ns\":%llu}\n", (unsigned long long)written,
		       (unsigned long long)dropped, (unsigned long long)(now_ns() - start));
		fflush(stdout);
	}
	return 0;
}
