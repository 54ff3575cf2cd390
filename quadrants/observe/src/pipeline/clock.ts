/** Time, and what is to happen later. */
export interface PipelineClock {
  /** Milliseconds of the Unix epoch. */
  epochMs(): number
  /** Milliseconds of a clock that is never set. */
  steadyMs(): number
  /** Runs `task` once; gives what calls it off. A waiting task does not keep the process alive. */
  after(ms: number, task: () => void): () => void
}

/** The clocks of this process. */
export const systemPipelineClock: PipelineClock = {
  epochMs: () => Date.now(),
  steadyMs: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
