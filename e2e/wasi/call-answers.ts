// Runs guest/wasicalls, which makes every call of preview 1, and reads what each was answered.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CALL_DIFFERENCES, type CallDifference } from './call-differences.ts'
import { OURS, WASMTIME_PEER, type Runtime } from './runtime.ts'

const SOURCES = join(import.meta.dirname, '../../guest/wasicalls')
/** What the program ends with by proc_exit. */
const EXIT = 42
const TRAPS_MAX = 200
const RUN_MS_MAX = 60_000

/** A call as it is written in the source, with what came of it. */
interface CallAnswer {
  /** From 1 on, in the order of the calls. */
  readonly number: number
  readonly call: string
  /** The name of the error, with what the call gave behind it; `TRAP` and a message where it ended the guest. */
  readonly answer: string
}

/** Why it cannot be compiled here. */
export function withoutZig(): string | false {
  const isThere = spawnSync('python3', ['-m', 'ziglang', 'version']).status === 0
  return isThere ? false : 'zig is missing: python3 -m pip install ziglang'
}

/** Compiles the program into a folder. */
export function compileCalls(folder: string): string {
  const program = join(folder, 'calls.wasm')
  const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.c'))
  const flags = ['--target=wasm32-wasi', '-O1', '-Wall', '-Wextra', '-Werror', '-o', program]
  execFileSync('python3', ['-m', 'ziglang', 'cc', ...flags, ...sources], { cwd: SOURCES, stdio: 'pipe' })
  return program
}

/**
 * What a runtime answers. One that ends the guest for a call is asked again without that call, until it comes to the end.
 *
 * @param leftOut numbers of calls that are known to end the guest: their answer is `left out`
 * @throws {Error} where the program did not end as it should
 */
async function callAnswers(
  runtime: Runtime,
  program: string,
  leftOut: readonly number[] = [],
): Promise<readonly CallAnswer[]> {
  const traps = new Map<number, string>()
  while (traps.size <= TRAPS_MAX) {
    const { exit, stdout, stderr } = await runOnce(runtime, program, [...leftOut, ...traps.keys()])
    const answers = readAnswers(stdout)
    if (exit === EXIT)
      return answers.map((one) =>
        traps.has(one.number) ? { ...one, answer: `TRAP ${traps.get(one.number)}` } : one,
      )
    const last = answers.at(-1)
    if (last?.answer !== '') throw new Error(`${runtime.name} ended with ${exit}:\n${stderr}\n${stdout}`)
    traps.set(last.number, stderr.trim().split('\n').at(-1)?.trim() ?? '')
  }
  throw new Error(`${runtime.name} ends the guest for more than ${TRAPS_MAX} calls`)
}

/** A call that two runtimes answer otherwise. */
interface CallComparison {
  readonly call: string
  readonly ours: string
  readonly theirs: string
  /** Undefined where nobody knows why. */
  readonly difference: CallDifference | undefined
}

/**
 * What is answered otherwise than by wasmtime.
 *
 * @param isTableBelieved whether calls are left out for which wasmtime ends the guest, as the table of differences says:
 *   it has to be started anew for each of them
 */
export async function compareCalls(program: string, { isTableBelieved = false } = {}) {
  const ours = await callAnswers(OURS, program)
  const isTrapping = ({ call, answer }: CallAnswer) =>
    CALL_DIFFERENCES.some(
      ({ calls, ours, theirs }) => theirs.source.startsWith('^TRAP') && calls.test(call) && ours.test(answer),
    )
  const leftOut = isTableBelieved ? ours.filter(isTrapping).map(({ number }) => number) : []
  const theirs = await callAnswers(WASMTIME_PEER, program, leftOut)
  const comparisons = ours.flatMap(({ call, answer }, index): readonly CallComparison[] => {
    const their = theirs[index]
    if (their?.call !== call) throw new Error(`${call} here is ${their?.call} there`)
    if (answer === their.answer || their.answer === 'left out') return []
    const difference = CALL_DIFFERENCES.find(
      ({ calls, ours, theirs }) => calls.test(call) && ours.test(answer) && theirs.test(their.answer),
    )
    return [{ call, ours: answer, theirs: their.answer, difference }]
  })
  return { answers: ours, comparisons }
}

async function runOnce(runtime: Runtime, program: string, leftOut: readonly number[]) {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-wasicalls-'))
  try {
    mkdirSync(join(folder, 'rw'))
    mkdirSync(join(folder, 'ro/sub'), { recursive: true })
    writeFileSync(join(folder, 'ro/file'), 'text')
    symlinkSync('/etc/passwd', join(folder, 'ro/absolute'))
    return await runtime.run({
      program,
      args: ['one', ...leftOut.map(String)],
      directories: { '/rw': join(folder, 'rw') },
      readOnlyDirectories: { '/ro': join(folder, 'ro') },
      env: { A: '1', B: 'zwei' },
      timeoutMs: RUN_MS_MAX,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Lines of `NUMBER CALL = ERROR`, with results behind them on lines that begin with a space. */
function readAnswers(output: string): readonly CallAnswer[] {
  const answers: CallAnswer[] = []
  for (const line of output.split('\n')) {
    const [, number, call, answer] = /^(\d+) (.*) = ([A-Za-z0-9 ]*)$/.exec(line) ?? []
    const last = answers.at(-1)
    if (number !== undefined) answers.push({ number: Number(number), call: call!, answer: answer! })
    else if (last !== undefined && line !== '')
      answers[answers.length - 1] = { ...last, answer: `${last.answer}:${line}` }
  }
  return answers
}
