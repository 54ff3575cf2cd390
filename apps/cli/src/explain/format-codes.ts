import type { Explanation } from './explanation.ts'

/** What can be wrong with what is read of other programs and of the kernel: executables, their code and memory, lists of functions. */
export const FORMAT_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  BPF001: {
    title: 'an eBPF object cannot be read',
    text: `The file is no object of eBPF, is cut off, or has no types: compile with clang -target bpf -g -O2 -c.`,
  },
  BPF002: {
    title: 'an eBPF object names no license',
    text: `The kernel offers most helpers only to programs under the GPL: char LICENSE[] SEC("license") = "GPL"; A warning.`,
  },
  BPF003: {
    title: 'an eBPF program is for a hook that is not known',
    text: 'The section of a program names its hook: SEC("tp_btf/inet_sock_set_state"), SEC("cgroup_skb/egress") and the like.',
  },
  BPF004: {
    title: 'an eBPF program cannot be used as it is',
    text: 'Its instructions or relocations are not what the compiler writes; or the object has no program at all, a warning.',
  },
  BPF005: {
    title: 'a map of an eBPF object is not declared as it has to be',
    text: 'Maps are declared with BTF, in SEC(".maps"), by __uint and __type.',
  },
  GOBI001: {
    title: 'a line of build info names no module',
    text: '`path` or `dep` is followed by path, version and sum, with tabs between. The line is left out, the others are shown.',
  },
  GOBI002: {
    title: 'a replacement in build info cannot be read',
    text: 'A line that begins with => has path, version and sum of what takes the place of the module above it.',
  },
  GOBI003: {
    title: 'a replacement in build info replaces nothing',
    text: 'No module stands above it.',
  },
  GOBI004: {
    title: 'a build setting cannot be read',
    text: 'A `build` line is key=value, quoted as Go quotes where it has other characters than plain ones.',
  },
  GOBI005: {
    title: 'build info is longer than any linker writes',
    text: 'It is read up to a limit. The file is damaged, or somebody made it so.',
  },
  GOBI010: {
    title: 'no build info of Go',
    text: `The executable holds none: it is of another language, or was linked by a Go before 1.13.`,
  },
  GOBI011: {
    title: "the build info of a Go program's file cannot be read",
    text: 'The file is cut off or was altered after it was linked. Nothing is said of its modules.',
  },
  GOFG001: {
    title: 'some figures are not known of this Go version',
    text: `The layout of its runtime does not tell where they are; the other figures are right.`,
  },
  GOFG002: {
    title: "a variable of a Go process's runtime cannot be read",
    text: 'The process ended meanwhile, or its memory cannot be read by the agent. The figure is left out of that second.',
  },
  GOFG003: {
    title: 'a figure of a Go process cannot be true',
    text: 'Memory was read while the runtime changed it. The value is dropped, and the next second has it again.',
  },
  GOFN001: {
    title: 'inlined calls of a Go program are not known',
    text: `Where this Go version keeps them is not known: they are told as part of the function that they were inlined into.`,
  },
  GORV001: {
    title: 'a variable of the Go runtime was not found',
    text: 'Stripped programs have no symbols, and its place is found by the code that uses it: not so here. Figures that need it are missing.',
  },
  GORV002: {
    title: 'the place of a variable of the Go runtime is in doubt',
    text: `What was found is not where, or not what, it has to be, and no guess is made. Figures that need it are missing.`,
  },
  INS001: {
    title: 'an instruction of a machine that is not known',
    text: `What comes after it cannot be told apart either. Where it is the first of a function, or returns are looked for, the function is not probed.`,
  },
  INS002: {
    title: 'machine code ends within an instruction',
    text: `The code is not as long as the function is said to be. Where returns are looked for, the function is not probed.`,
  },
  INS003: {
    title: 'a function is too long to look for its returns',
    text: `Its code is searched up to a limit, and one return that is missed would be one answer that is missed: it is not probed there.`,
  },
  INS004: {
    title: 'a function leaves by a jump',
    text: `It ends in the code of another function as well, where no probe of this one sits: not each return of it is seen. A warning.`,
  },
  KSYM001: {
    title: 'a line of /proc/kallsyms cannot be read',
    text: `The kernel writes address, type and name. The line is left out: functions of the kernel there are shown by what stands before it.`,
  },
  PMAP001: {
    title: 'a line of a perf map cannot be read',
    text: '/tmp/perf-PID.map, by which runtimes name compiled code, has lines of start, size and name. The line is left out.',
  },
  PMAP002: {
    title: 'a perf map is too large',
    text: 'It names more functions than are read; those after the limit are shown by their address.',
  },
  PROM001: {
    title: "a line of a process's mappings cannot be read",
    text: 'Lines of /proc/PID/maps are told by the kernel. The line is left out, and so are frames in it.',
  },
  PROM002: {
    title: 'a process has too many mappings',
    text: 'Frames in executable mappings after the limit are shown by their address.',
  },
}
