import { EbpfError, measureTrapCost, type TrapKind } from '@quadrant/ebpf'

/** Nanoseconds of the probed thread for one hit, by what the kernel does with the instruction. */
export type TrapCosts = Readonly<Record<TrapKind, number>>

/** Until something was measured. */
export const NO_TRAP_COSTS: TrapCosts = { emulated: 0, stepped: 0 }

/**
 * Measures what hits of our probes cost on this host: half a second, in processes of their own. Zeros where that cannot
 * be measured.
 */
export async function measureTrapCosts(): Promise<TrapCosts> {
  try {
    // One after the other: on a machine with few processors they would disturb each other.
    const emulated = await measureTrapCost('push')
    return { emulated, stepped: await measureTrapCost('ret') }
  } catch (error) {
    if (error instanceof EbpfError) return NO_TRAP_COSTS
    throw error
  }
}
