/* Spends its time in one function: hotloop MILLISECONDS. Compiled with frame pointers and without. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile uint64_t sum;

__attribute__((noinline)) void hot(int rounds)
{
	uint64_t x = sum;

	for (int i = 0; i < rounds; i++) {
		x += i;
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	sum = x;
}

__attribute__((noinline)) void work(int depth)
{
	if (depth > 0)
		work(depth - 1);
	else
		hot(4000000);
	/* Behind the call, so that it is one. */
	sum++;
}

int main(int argc, char **argv)
{
	clock_t end = clock() + (argc > 1 ? atoi(argv[1]) : 0) * (CLOCKS_PER_SEC / 1000);

	while (clock() < end)
		work(20);
	printf("%lld\n", (long long)clock() * (1000000000 / CLOCKS_PER_SEC));
	return 0;
}
