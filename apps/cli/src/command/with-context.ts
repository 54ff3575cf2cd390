import type { Context } from '../context.ts'

/** A command without flags. */
export type NoFlags = NonNullable<unknown> // oxlint-disable-line typescript/no-generated-empty-object-type

type Run<Flags, Args extends readonly unknown[]> = (
  context: Context,
  flags: Flags,
  ...args: Args
) => void | Promise<void>

/** Loads a command only when it runs, and hands stricli's `this` over as its first argument. */
export function withContext<Flags, Args extends readonly unknown[]>(load: () => Promise<Run<Flags, Args>>) {
  return async () => {
    const run = await load()
    return function (this: Context, flags: Flags, ...args: Args) {
      return run(this, flags, ...args)
    }
  }
}
