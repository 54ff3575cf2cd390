import { ExitCode } from '../cli-error.ts'

export interface RunSignals extends Disposable {
  /** The exit code, when somebody asks the gateway to end: Ctrl-C, SIGTERM, or `end`. */
  readonly ended: Promise<ExitCode>
  /** False, when somebody asks again: what is under way is not waited for. */
  readonly forced: Promise<false>
  end(): void
  /** SIGHUP. */
  onReload(callback: () => void): void
}

/** npm and sudo pass Ctrl-C on, so it may come twice at once: only a later one means "at once". */
const REPEAT_MS = 1000

export function runSignals(): RunSignals {
  const ended = Promise.withResolvers<ExitCode>()
  const forced = Promise.withResolvers<false>()
  const reloads: (() => void)[] = []
  let firstMs: number | undefined
  const ask = (code: ExitCode) => {
    const nowMs = performance.now()
    if (firstMs !== undefined && nowMs - firstMs > REPEAT_MS) forced.resolve(false)
    firstMs ??= nowMs
    ended.resolve(code)
  }
  const listeners: Readonly<Record<string, () => void>> = {
    // Node would open its debugger's port, to everybody on this host.
    SIGUSR1: () => {},
    SIGINT: () => ask(ExitCode.interrupted),
    SIGTERM: () => ask(ExitCode.ok),
    SIGHUP: () => {
      for (const callback of reloads) callback()
    },
  }
  for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener)
  return {
    ended: ended.promise,
    forced: forced.promise,
    end: () => ended.resolve(ExitCode.ok),
    onReload: (callback) => void reloads.push(callback),
    [Symbol.dispose]: () => {
      for (const [signal, listener] of Object.entries(listeners)) process.off(signal, listener)
    },
  }
}
