/**
 * Functions of Go's runtime that are the collector: workers, assists, what a collection begins and ends with, sweeping
 * and giving memory back. From the sources of the runtime, Go 1.16 to 1.26: mgc.go, mgcmark.go, mgcsweep.go,
 * mgcscavenge.go, mwbbuf.go. What they call need not be here: one of these is under it.
 */
const COLLECTOR = new Set(
  [
    // mgc.go
    'gcStart',
    'gcMarkDone',
    'gcMarkTermination',
    'gcBgMarkWorker',
    'gcBgMarkStartWorkers',
    'gcBgMarkPrepare',
    'gcMark',
    'gcSweep',
    'gcResetMarkState',
    // mgcmark.go, mgcmark_greenteagc.go
    'gcAssistAlloc',
    'gcAssistAlloc1',
    'gcParkAssist',
    'gcWakeAllAssists',
    'gcFlushBgCredit',
    'gcDrain',
    'gcDrainN',
    'gcDrainMarkWorkerDedicated',
    'gcDrainMarkWorkerFractional',
    'gcDrainMarkWorkerIdle',
    'gcMarkRootPrepare',
    'gcMarkTinyAllocs',
    'markroot',
    'scanobject',
    'scanstack',
    // mwbbuf.go
    'wbBufFlush',
    'wbBufFlush1',
    // mgcsweep.go
    'bgsweep',
    'sweepone',
    'deductSweepCredit',
    'finishsweep_m',
    '(*mspan).sweep',
    '(*sweepLocked).sweep',
    // mgcscavenge.go
    'bgscavenge',
    '(*scavengerState).run',
    '(*pageAlloc).scavenge',
    '(*pageAlloc).scavengeOne',
  ].map((name) => `runtime.${name}`),
)

/**
 * Functions of Go's runtime that nothing calls: where goroutines, threads and the program begin, and where the
 * processor changes from a goroutine's stack to its thread's for good (asm_amd64.s, asm_arm64.s, proc.go).
 */
const OUTERMOST = new Set(
  [
    'goexit',
    'goexit0',
    'goexit1',
    'rt0_go',
    'mstart',
    'mstart0',
    'mstart1',
    'mcall',
    'morestack',
    'gogo',
    'cgocallback',
    'clone',
  ].map((name) => `runtime.${name}`),
)

export function isCollector(functionName: string): boolean {
  return COLLECTOR.has(withoutClosure(functionName))
}

export function isGoOutermost(functionName: string): boolean {
  return OUTERMOST.has(withoutAbi(functionName)) || functionName.startsWith('_rt0_')
}

/** Whether a function is of the runtime itself, which programs do not call at their own will. */
export function isGoRuntime(functionName: string): boolean {
  return (
    functionName.startsWith('runtime.') ||
    functionName.startsWith('internal/runtime/') ||
    functionName.startsWith('runtime/internal/')
  )
}

/** `runtime.gcBgMarkWorker` of `runtime.gcBgMarkWorker.func2`. */
function withoutClosure(name: string): string {
  const at = name.indexOf('.func')
  return at === -1 ? name : name.slice(0, at)
}

function withoutAbi(name: string): string {
  return name.replace(/\.abi(?:0|internal)$/i, '')
}
