import { ExitCode } from '../cli-error.ts'

/** npm and sudo pass Ctrl-C on, so it may come twice at once: only a later one means "at once". */
const REPEAT_MS = 1000

export interface StopSignal extends Disposable {
  /** Resolves to the exit code when the person or the system asks us to end. */
  readonly asked: Promise<ExitCode>
  /** Called when Ctrl-C is pressed again: do not wait any longer. */
  onForce(callback: () => void): void
}

/** Ctrl-C ends with 130; SIGTERM and a closed terminal are ordinary ends. */
export function stopSignal(): StopSignal {
  const asked = Promise.withResolvers<ExitCode>()
  const forced: (() => void)[] = []
  let firstMs: number | undefined
  const onInterrupt = () => {
    const nowMs = performance.now()
    if (firstMs !== undefined && nowMs - firstMs > REPEAT_MS) for (const callback of forced) callback()
    firstMs ??= nowMs
    asked.resolve(ExitCode.interrupted)
  }
  const onDebugger = () => {}
  const onEnd = () => asked.resolve(ExitCode.ok)
  // Node would open its debugger's port, to everybody on this host.
  process.on('SIGUSR1', onDebugger)
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onEnd)
  process.on('SIGHUP', onEnd)
  return {
    asked: asked.promise,
    onForce: (callback) => void forced.push(callback),
    [Symbol.dispose]: () => {
      process.off('SIGUSR1', onDebugger)
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onEnd)
      process.off('SIGHUP', onEnd)
    },
  }
}
