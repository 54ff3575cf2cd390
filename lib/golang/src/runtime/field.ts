/**
 * The fields of the runtime's structs that can be asked for, as the runtime names them. Where a field has moved into
 * another over the versions, it has its newest name, and the older ones are in `FORMER_NAMES`.
 */
export const RUNTIME_FIELDS = {
  g: ['m', 'goid', 'atomicstatus', 'waitreason', 'waitsince', 'stack.lo', 'stack.hi', 'startpc', 'labels'],
  m: ['g0', 'curg', 'p', 'id', 'procid'],
  p: [
    'id',
    'status',
    'm',
    'runqhead',
    'runqtail',
    'runnext',
    'gFree.size',
    'goidcache',
    'goidcacheend',
    'goroutinesCreated',
  ],
  gcControllerState: [
    'gcPercent',
    'memoryLimit',
    'heapMinimum',
    'gcPercentHeapGoal',
    'sweepDistMinTrigger',
    'triggered',
    'lastHeapGoal',
    'heapLive',
    'heapMarked',
    'bgScanCredit',
    'assistTime',
    'dedicatedMarkTime',
    'fractionalMarkTime',
    'idleMarkTime',
    'markStartTime',
    'assistWorkPerByte',
    'assistBytesPerWork',
    'heapInUse',
    'heapReleased',
    'heapFree',
    'totalAlloc',
    'totalFree',
    'mappedReady',
  ],
  mstats: [
    'last_gc_unix',
    'last_gc_nanotime',
    'pause_total_ns',
    'pause_ns',
    'pause_end',
    'numgc',
    'numforcedgc',
    'gc_cpu_fraction',
    'stacks_sys',
    'enablegc',
    'heapStats.stats',
  ],
  heapStatsDelta: ['inStacks'],
  schedt: [
    'goidgen',
    'nmidle',
    'nmidlelocked',
    'mnext',
    'nmsys',
    'nmfreed',
    'ngsys',
    'npidle',
    'nmspinning',
    'runq.size',
    'gFree.n',
    'gFree.stack.size',
    'gFree.noStack.size',
    'gcwaiting',
    'stopwait',
    'totalMutexWaitTime',
    'goroutinesCreated',
  ],
  workType: [
    'bytesMarked',
    'nproc',
    'nwait',
    'mode',
    'userForced',
    'initialHeapLive',
    'cycles',
    'stwprocs',
    'maxprocs',
    'tSweepTerm',
    'tMark',
    'tMarkTerm',
    'tEnd',
    'pauseNS',
    'heap0',
    'heap1',
    'heap2',
    'cpuStats.GCAssistTime',
    'cpuStats.GCDedicatedTime',
    'cpuStats.GCIdleTime',
    'cpuStats.GCPauseTime',
  ],
  moduledata: [
    'text',
    'etext',
    'noptrdata',
    'enoptrdata',
    'data',
    'edata',
    'bss',
    'ebss',
    'noptrbss',
    'enoptrbss',
    'types',
    'etypes',
    'rodata',
    'gofunc',
    'textsectmap',
  ],
} as const

/** Older names and types of the same thing, tried in order. */
export const FORMER_NAMES: Readonly<Partial<Record<RuntimeField, readonly string[]>>> = {
  'p.gFree.size': ['p gFree.n'],
  'schedt.runq.size': ['schedt runqsize'],
}

export type RuntimeStruct = keyof typeof RUNTIME_FIELDS

/** `g.goid`, `schedt.gFree.stack.size` and so on. */
export type RuntimeField = {
  [Struct in RuntimeStruct]: `${Struct}.${(typeof RUNTIME_FIELDS)[Struct][number]}`
}[RuntimeStruct]

/** The runtime's variables that can be located. */
export const RUNTIME_VARIABLES = [
  'gcController',
  'memstats',
  'sched',
  'work',
  'allgs',
  'allp',
  'gomaxprocs',
  'gcphase',
] as const

export type RuntimeVariable = (typeof RUNTIME_VARIABLES)[number]
