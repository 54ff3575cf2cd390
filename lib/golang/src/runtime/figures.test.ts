import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnsweringProgram, type Answer } from '../testing/answering-program.ts'
import { GoPrograms, TEST_TOOLCHAINS, VARIANTS, whyNot } from '../testing/go-programs.ts'
import { findFunctions } from '../pclntab/find-functions.ts'
import { readGoFigures, type GoFigures } from './figures.ts'
import { gcReadPlan } from './gc-read-plan.ts'
import { heapGoalBytes, type HEAP_GOAL_FIELDS } from './heap-goal.ts'
import { runtimeLayout, type RuntimeLayout } from './layout.ts'
import { readMemory, type FieldValues } from './memory.ts'
import { readWord } from '../word.ts'
import { findRuntimeVariables, type RuntimeVariables } from './variables.ts'

const programs = new GoPrograms()

/** Before it the collector's figures are elsewhere. */
const MINOR_MIN = 20

function observe(program: string) {
  const binary = programs.open(program)
  const layout = runtimeLayout(binary.buildInfo!.goVersion, 'amd64', { allowNewer: true })
  const { value: variables, diagnostics } = findRuntimeVariables(binary, layout)
  assert.deepEqual(diagnostics, [])
  const main = findFunctions(binary.functions, ['main.main']).get('main.main')![0]!.entry
  return { layout, variables, main }
}

/** The program's answer in our words. */
function expected(answer: Answer): GoFigures {
  return {
    heapGoalBytes: answer['NextGC'],
    heapInUseBytes: answer['HeapInuse'],
    heapReleasedBytes: answer['HeapReleased'],
    stackBytes: answer['StackInuse'],
    allocatedBytes: answer['TotalAlloc'],
    freedBytes: answer['TotalAlloc']! - answer['HeapAlloc']!,
    goroutineCount: answer['Goroutines'],
    threadCount: answer['Threads'],
    gomaxprocs: answer['MaxProcs'],
    gcCount: answer['NumGC'],
    forcedGcCount: answer['NumForcedGC'],
    pauseTotalNs: answer['PauseTotalNs'],
    gcPhase: 'off',
    // In runtime/metrics since 1.21 and 1.26.
    ...(answer['/gc/heap/live:bytes'] === undefined
      ? {}
      : { heapMarkedBytes: answer['/gc/heap/live:bytes'] }),
    ...(answer['/sched/goroutines-created:goroutines'] === undefined
      ? {}
      : { goroutinesCreatedCount: answer['/sched/goroutines-created:goroutines'] }),
  }
}

/** What the runtime's own goroutines change now and then. */
const RESTLESS = ['HeapInuse', 'HeapReleased', 'StackInuse', 'NumGC', 'Threads', 'Goroutines'] as const

/** Has the program do something, and looks at it: again, where it has changed since it told what it has. */
async function lookWhileStill(
  process: AnsweringProgram,
  line: string,
  layout: RuntimeLayout,
  variables: RuntimeVariables,
  main: number,
) {
  let answer = await process.ask(line)
  for (let turn = 0; turn < 50; turn++) {
    const bias = answer['main']! - main
    const { value: figures, diagnostics } = readGoFigures(process.memory, layout, variables, bias)
    assert.deepEqual(diagnostics, [], line)
    const read = new Map(
      gcReadPlan(layout, variables, bias).map(({ name, address, bytes }) => {
        const view = readMemory(process.memory, address, bytes)
        return [
          name,
          bytes === 8 ? readWord(view, 0) : bytes === 4 ? view.getUint32(0, true) : view.getUint8(0),
        ]
      }),
    )
    const later = await process.ask('tell')
    if (RESTLESS.every((name) => later[name] === answer[name])) return { answer, figures, read }
    answer = later
  }
  throw new Error(`${line}: the program never stands still`)
}

for (const toolchain of TEST_TOOLCHAINS)
  for (const variant of VARIANTS.filter(({ name }) => name !== 'stripped'))
    test(
      `figures of ${variant.name} by ${toolchain} are what the program tells of itself`,
      {
        skip: whyNot(variant) || (/^go1\.1\d\./.test(toolchain) ? 'its collector has another layout' : false),
      },
      async () => {
        const program = programs.build(variant, toolchain)
        const { layout, variables, main } = observe(program)
        assert.ok(layout.minor >= MINOR_MIN)
        await using process = new AnsweringProgram(program, { GOGC: '50', GOMEMLIMIT: '1GiB' })
        const look = (line: string) => lookWhileStill(process, line, layout, variables, main)
        await look('keep 20')
        await look('procs 3')
        await look('park 10')
        const created = (await look('free')).figures.goroutinesCreatedCount!
        const { answer, figures, read } = await look('spawn 100')
        assert.equal(figures.goroutinesCreatedCount! - created, 100)
        const truth = expected(answer)
        assert.deepEqual(
          Object.fromEntries(Object.keys(truth).map((name) => [name, figures[name as keyof GoFigures]])),
          truth,
        )
        assert.ok(Math.abs(figures.lastGcEndNs! - answer['LastGC']!) <= 512)
        assert.equal(figures.gcPercent, 50)
        assert.equal(figures.memoryLimitBytes, 2 ** 30)
        assert.equal(figures.goroutineCount, 11)
        assert.ok(figures.heapLiveBytes! >= 20 << 20 && figures.heapLiveBytes! <= figures.heapInUseBytes!)
        assert.ok(figures.idleProcessorCount! >= 1 && figures.idleProcessorCount! <= 3)
        // The runtime's own goroutines have something to do now and then.
        assert.ok(figures.runnableCount! <= 2)

        assert.equal(read.get('gcControllerState.heapLive'), figures.heapLiveBytes)
        assert.equal(read.get('workType.cycles'), answer['NumGC'])
        // FreeOSMemory forced the last of them, and then nothing was collected.
        assert.equal(read.get('workType.userForced'), 1)
        assert.equal(read.get('gomaxprocs'), 3)
        const values: FieldValues<(typeof HEAP_GOAL_FIELDS)[number]> = Object.fromEntries(read)
        assert.equal(heapGoalBytes(values, layout), answer['NextGC'])

        await look('procs 1')
        const busy = (await look('spin 10')).figures
        // One of them runs. The one that answered may wait, or some of the runtime's own.
        assert.ok(busy.runnableCount! >= 9 && busy.runnableCount! <= 14, String(busy.runnableCount))
        assert.equal(busy.goroutineCount, 21)
      },
    )

test('the goal is the limit where that is lower', { skip: whyNot(VARIANTS[0]!) }, async () => {
  const program = programs.build(VARIANTS[0]!)
  const { layout, variables, main } = observe(program)
  const environments: readonly Readonly<Record<string, string>>[] = [
    { GOGC: '300', GOMEMLIMIT: '64MiB' },
    { GOGC: 'off', GOMEMLIMIT: '64MiB' },
    { GOGC: 'off' },
  ]
  for (const environment of environments) {
    await using process = new AnsweringProgram(program, environment)
    await process.ask('keep 20')
    await process.ask('free')
    const answer = await process.ask('tell')
    const { value } = readGoFigures(process.memory, layout, variables, answer['main']! - main)
    const limited = environment['GOMEMLIMIT'] !== undefined
    assert.equal(value.heapGoalBytes, limited ? answer['NextGC'] : Number.POSITIVE_INFINITY)
    assert.equal(value.gcPercent, environment['GOGC'] === 'off' ? -1 : 300)
    assert.equal(value.memoryLimitBytes, limited ? 64 << 20 : Number.POSITIVE_INFINITY)
  }
})
