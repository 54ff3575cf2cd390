/**
 * Has a ring emptied more often than the agent looks at other things: what a service moves at full speed fills one in a
 * tenth of a second. It keeps no process alive.
 */
export function pollOften(poll: () => void, everyMs: number): Disposable {
  const timer = setInterval(poll, everyMs).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
