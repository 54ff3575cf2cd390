// fast-check, but each property runs for QUADRANT_FUZZ_SECONDS from a random seed, whatever the test asked for.
import original, { type IAsyncProperty, type IProperty, type Parameters } from 'fast-check'

export * from 'fast-check'

const LONG = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: Number(process.env['QUADRANT_FUZZ_SECONDS'] ?? 60) * 1000,
  markInterruptAsFailure: false,
} as const

export function assert<T>(
  property: IProperty<T> | IAsyncProperty<T>,
  parameters?: Parameters<T>,
): Promise<void> | void {
  const seed = Math.floor(Math.random() * 0x7fffffff)
  return original.assert(property as IAsyncProperty<T>, { ...parameters, ...LONG, seed })
}

export default { ...original, assert }
