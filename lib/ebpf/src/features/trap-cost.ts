import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EbpfError } from '../error.ts'
import { Program } from '../object/program.ts'
import { MemoryProgram } from '../sys/memory-file.ts'
import { assemble, exit, move } from './assemble.ts'
import { type ProbedInstruction, trapProgram } from './trap-program.ts'

export interface TrapCostOptions {
  /** Hits of a round. Default 10,000: 10 to 70 ms. */
  readonly hitCount?: number
  /** The cheapest round counts: what disturbs one makes it dearer. Default 3. */
  readonly roundCount?: number
}

const HITS_MAX = 10_000_000
const ROUNDS_MAX = 100
const TIMEOUT_MS = 30_000

/**
 * What one hit of a probe costs the probed thread on this machine, nanoseconds of processor time: the trap and the call
 * of an empty program. Runs a tiny program of its own with and without a probe; a real program's run time comes on top
 * (`Program.stats`).
 *
 * @throws {EbpfError} `unsupported` on other machines than x86-64, `permission` where programs in memory may not run
 */
export async function measureTrapCost(
  instruction: ProbedInstruction,
  options: TrapCostOptions = {},
): Promise<number> {
  const { hitCount = 10_000, roundCount = 3 } = options
  if (process.arch !== 'x64')
    throw new EbpfError('unsupported', `the cost of traps is not measured on ${process.arch}`)
  if (!(hitCount >= 1 && hitCount <= HITS_MAX && roundCount >= 1 && roundCount <= ROUNDS_MAX))
    throw new EbpfError(
      'argument',
      `${hitCount} hits in ${roundCount} rounds: up to ${HITS_MAX} in ${ROUNDS_MAX}`,
    )
  const { elf, offset } = trapProgram(instruction, hitCount)
  using file = new MemoryProgram('quadrant-trap', elf)
  const freeNs = await cheapestRun(file.path, roundCount)
  using program = loadEmpty()
  using _link = program.attachUprobe({ path: file.path, sites: [{ offset }] })
  return Math.max(0, (await cheapestRun(file.path, roundCount)) - freeNs) / hitCount
}

async function cheapestRun(path: string, roundCount: number): Promise<number> {
  let cheapestNs = Infinity
  for (let round = 0; round < roundCount; round++) cheapestNs = Math.min(cheapestNs, await runNs(path))
  return cheapestNs
}

async function runNs(path: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)(path, { encoding: 'buffer', timeout: TIMEOUT_MS, env: {} })
    const time = (at: number) =>
      Number(stdout.readBigInt64LE(at)) * 1e9 + Number(stdout.readBigInt64LE(at + 8))
    return time(16) - time(0)
  } catch (cause) {
    const isRefused = (cause as { code?: unknown }).code === 'EACCES'
    throw new EbpfError(isRefused ? 'permission' : 'system', 'a program in memory does not run', { cause })
  }
}

/** By perf events where there is no better: the way a place is attached does not change what a hit costs. */
function loadEmpty(): Program {
  const spec = assemble('uprobe.multi', [move(0, 0), exit()])
  const { instructions } = spec
  return Program.load(spec, {
    license: 'GPL',
    btfFd: 0,
    attachBtfId: 0,
    instructions,
    relocateInKernel: false,
  })
}
