#include "calls.h"
#include <stdio.h>
#include <string.h>

// A subscription: userdata, type, and what the type has.
struct subscription {
  uint64_t userdata;
  uint8_t type;
  _Alignas(8) uint32_t id;
  uint64_t timeout;
  uint64_t precision;
  uint16_t flags;
};

static struct subscription in[4];

static struct subscription clock_in(uint32_t clock, uint64_t timeout, uint16_t flags) {
  return (struct subscription){.userdata = 7, .type = 0, .id = clock, .timeout = timeout, .flags = flags};
}

static struct subscription descriptor(uint8_t type, uint32_t fd) {
  return (struct subscription){.userdata = 8 + type, .type = type, .id = fd};
}

static void events(void) {
  result("%u events", OUT32(3000));
}

// One subscription, and what its event says.
static void one(const char *what, struct subscription subscription) {
  memset(out, 0, sizeof out);
  in[0] = subscription;
  if (begun(what) && ended(call_poll_oneoff(AT(in), OUT, 1, OUT + 3000)) == 0)
    result("%u events: userdata %u error %u type %u", OUT32(3000), OUT32(0), *(uint16_t *)(out + 8), out[10]);
}

void polling(void) {
  made("pollable", "0123");
  i32 file = opened(RW, "pollable", 0, READ_WRITE, 0);
  uint64_t now;
  call_clock_time_get(1, 0, AT(&now));

  T(poll_oneoff(AT(in), OUT, 0, OUT + 3000));
  T(poll_oneoff(AT(in), OUT, -1, OUT + 3000));
  one("poll_oneoff: realtime, at once", clock_in(0, 0, 0));
  one("poll_oneoff: monotonic, a millisecond", clock_in(1, 1000000, 0));
  one("poll_oneoff: monotonic, absolute, past", clock_in(1, 1, 1));
  one("poll_oneoff: monotonic, absolute, a millisecond ahead", clock_in(1, now + 1000000, 1));
  one("poll_oneoff: realtime, absolute, past", clock_in(0, 1, 1));
  one("poll_oneoff: process time", clock_in(2, 0, 0));
  one("poll_oneoff: thread time", clock_in(3, 0, 0));
  one("poll_oneoff: clock 9", clock_in(9, 0, 0));
  one("poll_oneoff: clock flags 2", clock_in(1, 0, 2));
  one("poll_oneoff: read of a file", descriptor(1, (uint32_t)file));
  one("poll_oneoff: write of a file", descriptor(2, (uint32_t)file));
  one("poll_oneoff: read of a directory", descriptor(1, RW));
  one("poll_oneoff: write of a directory", descriptor(2, RW));
  one("poll_oneoff: read of stdin at its end", descriptor(1, 0));
  one("poll_oneoff: write of stdout", descriptor(2, 1));
  one("poll_oneoff: read of stdout", descriptor(1, 1));
  one("poll_oneoff: write of stdin", descriptor(2, 0));
  one("poll_oneoff: read of 99", descriptor(1, BAD));
  one("poll_oneoff: write of 99", descriptor(2, BAD));
  one("poll_oneoff: type 3", descriptor(3, 0));

  in[0] = clock_in(1, 3600000000000, 0);
  in[1] = descriptor(2, 1);
  T(poll_oneoff(AT(in), OUT, 2, OUT + 3000)), events();
  in[0] = clock_in(1, 0, 0);
  in[1] = clock_in(1, 3600000000000, 0);
  T(poll_oneoff(AT(in), OUT, 2, OUT + 3000)), events();
  in[0] = descriptor(1, (uint32_t)file);
  in[1] = descriptor(2, (uint32_t)file);
  T(poll_oneoff(AT(in), OUT, 2, OUT + 3000)), events();
  call_fd_close(file);
}
