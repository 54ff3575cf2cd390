// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
// CO-RE relocations of every kind. With -DTARGET the types are those of another "kernel", for the tests of relocating in
// user space: relocations.target.bpf.o.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#ifdef TARGET

enum color { RED = 7, GREEN = 70, BLUE = 700 };

struct part {
  __u64 serial;
  __u64 size;
};

struct machine {
  __u8 padding[24];
  struct {
    union {
      __u64 name;
      __u64 id;
    };
    struct part parts[8];
  };
  __u64 count; // was 32 bits wide
  int before : 3;
  int mode : 7;
  unsigned wide : 20;
  enum color color;
  struct part *spare;
};

struct machine *anchor;
enum color *anchor_color;

SEC("socket")
int target(void *context) { return anchor->count + *anchor_color; }

#else

enum color { RED, GREEN, GONE_COLOR };

#define KERNEL __attribute__((preserve_access_index))

struct part {
  __u32 size_unused;
  __u64 size;
} KERNEL;

struct machine {
  __u64 id;
  __u32 count;
  struct part parts[4];
  int mode : 5;
  unsigned wide : 30;
  struct part *spare;
  enum color color;
} KERNEL;

// A flavour: another idea of the same type.
struct machine___old {
  __u64 vanished;
} KERNEL;

struct never {
  int x;
} KERNEL;

#define RESULTS 20
__u64 results[RESULTS];

SEC("raw_tp/sched_process_exit")
int offsets(void **context) {
  struct machine *machine = context[0];
  results[0] = __builtin_preserve_field_info(machine->id, BPF_FIELD_BYTE_OFFSET);
  results[1] = __builtin_preserve_field_info(machine->count, BPF_FIELD_BYTE_OFFSET);
  results[2] = __builtin_preserve_field_info(machine->parts[3].size, BPF_FIELD_BYTE_OFFSET);
  results[3] = __builtin_preserve_field_info(machine->count, BPF_FIELD_BYTE_SIZE);
  results[4] = __builtin_preserve_field_info(machine->mode, BPF_FIELD_BYTE_OFFSET);
  results[5] = __builtin_preserve_field_info(machine->mode, BPF_FIELD_LSHIFT_U64);
  results[6] = __builtin_preserve_field_info(machine->mode, BPF_FIELD_RSHIFT_U64);
  results[7] = __builtin_preserve_field_info(machine->mode, BPF_FIELD_SIGNED);
  results[8] = __builtin_preserve_field_info(machine->wide, BPF_FIELD_SIGNED);
  results[9] = bpf_core_field_exists(machine->spare);
  results[10] = bpf_core_field_exists(((struct machine___old *)machine)->vanished);
  results[11] = bpf_core_type_exists(struct part);
  results[12] = bpf_core_type_exists(struct never);
  results[13] = bpf_core_type_size(struct machine);
  results[14] = bpf_core_enum_value(enum color, GREEN);
  results[15] = bpf_core_enum_value_exists(enum color, GONE_COLOR);
  results[16] = bpf_core_type_id_local(struct part);
  results[17] = bpf_core_type_id_kernel(struct part);
  if (bpf_core_field_exists(((struct machine___old *)machine)->vanished))
    results[18] = __builtin_preserve_field_info(((struct machine___old *)machine)->vanished, BPF_FIELD_BYTE_OFFSET);
  results[19] = __builtin_preserve_field_info(machine->wide, BPF_FIELD_RSHIFT_U64);
  return 0;
}

#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";
