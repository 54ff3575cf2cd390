#include "calls.h"

void environment(void) {
  T(args_sizes_get(OUT, OUT + 4));
  result("%s", OUT32(0) >= 2 ? "two arguments or more" : "fewer");
  T(args_get(OUT, OUT + 1024));
  result("%s", (char *)(intptr_t)OUT32(4));
  T(environ_sizes_get(OUT, OUT + 4));
  result("%u variables in %u bytes", OUT32(0), OUT32(4));
  T(environ_get(OUT, OUT + 1024));
  result("%s %s", (char *)(intptr_t)OUT32(0), (char *)(intptr_t)OUT32(4));

  T(clock_res_get(0, OUT));
  result("%s", OUT64(0) > 0 && OUT64(0) <= 1000000 ? "a millisecond or finer" : "coarse");
  T(clock_res_get(1, OUT));
  T(clock_res_get(2, OUT));
  T(clock_res_get(3, OUT));
  T(clock_res_get(4, OUT));
  T(clock_res_get(-1, OUT));
  T(clock_time_get(0, 0, OUT));
  result("%s", OUT64(0) > 1700000000000000000u ? "after 2023" : "before 2023");
  T(clock_time_get(1, 1000000, OUT));
  T(clock_time_get(2, 0, OUT));
  T(clock_time_get(3, 0, OUT));
  T(clock_time_get(4, 0, OUT));
  uint64_t before, after;
  call_clock_time_get(1, 0, AT(&before));
  T(sched_yield());
  call_clock_time_get(1, 0, AT(&after));
  result("%s", after >= before ? "time went on" : "time went back");

  T(random_get(OUT, 64));
  unsigned zeros = 0;
  for (int i = 0; i < 64; i++) zeros += out[i] == 0;
  result("%s", zeros < 8 ? "random" : "mostly zero");
  T(random_get(OUT, 0));
}
