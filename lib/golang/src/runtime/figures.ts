import type { Analysis, Diagnostic } from '@quadrant/core'
import { GolangError } from '../error.ts'
import type { RuntimeField, RuntimeVariable } from './field.ts'
import { HEAP_GOAL_FIELDS, heapGoalBytes } from './heap-goal.ts'
import type { RuntimeLayout } from './layout.ts'
import { readFields, readMemory, type FieldValues, type ProcessMemory } from './memory.ts'
import { readProcessors, readSlice, type Processors } from './processors.ts'
import type { RuntimeVariables } from './variables.ts'

/**
 * The state of a Go process's runtime at one moment. A figure that the Go version does not have, that could not be read
 * or that cannot be true is undefined. They are not of one instant: the program goes on while it is read.
 */
export interface GoFigures {
  /** What is allocated and not yet swept free: the collector's own count, by spans. */
  readonly heapLiveBytes?: number
  /** At which the next collection is to end; Infinity where there is none (GOGC=off). See `heapGoalBytes`. */
  readonly heapGoalBytes?: number
  /** What the last collection found live. */
  readonly heapMarkedBytes?: number
  /** MemStats.HeapInuse, HeapReleased, StackInuse. */
  readonly heapInUseBytes?: number
  readonly heapReleasedBytes?: number
  readonly stackBytes?: number
  /** MemStats.TotalAlloc and what was freed of it, since the process began, less what processors have not yet told. */
  readonly allocatedBytes?: number
  readonly freedBytes?: number
  /** runtime.NumGoroutine: without the runtime's own. */
  readonly goroutineCount?: number
  /** Since the process began, the runtime's own included. Before 1.26 by the numbers that were given. */
  readonly goroutinesCreatedCount?: number
  /** Goroutines that wait for a processor. */
  readonly runnableCount?: number
  /** Of the runtime, idle ones included. With cgo, one more than there are: it is kept for threads of C. */
  readonly threadCount?: number
  readonly gomaxprocs?: number
  readonly idleProcessorCount?: number
  readonly gcCount?: number
  readonly forcedGcCount?: number
  readonly pauseTotalNs?: number
  /** Unix time, to 256 ns; 0 where there was none. */
  readonly lastGcEndNs?: number
  /** GOGC; -1 where it is off. */
  readonly gcPercent?: number
  /** GOMEMLIMIT; Infinity where there is none. */
  readonly memoryLimitBytes?: number
  readonly gcPhase?: 'off' | 'mark' | 'mark termination'
}

const GC_PHASES = ['off', 'mark', 'mark termination'] as const

/** User programs have 47 bits of addresses as a rule, and 57 at most. */
const BYTES_MAX = 2 ** 57
const COUNT_MAX = 2 ** 53
const GOROUTINE_COUNT_MAX = 1e9
/** More than the kernel can have. */
const THREAD_COUNT_MAX = 4 << 20

/** Values of no field: an object of its own for each type of fields would be the same. */
const NONE = {} as never

/** A sane clock's years until 2200. */
const UNIX_NS_MAX = 7.3e18

/**
 * Reads the figures from a process's memory: six reads and one for each processor.
 *
 * Diagnostics: `GOFG001` names the figures that the layout or the program's variables do not give, `GOFG002` a variable
 * that could not be read, `GOFG003` a figure that cannot be true.
 *
 * @param bias what the process has its program moved by: 0 where it is not position independent
 */
export function readGoFigures(
  memory: ProcessMemory,
  layout: RuntimeLayout,
  variables: RuntimeVariables,
  bias: number,
): Analysis<GoFigures> {
  const sheet = new FigureSheet(memory, layout, variables, bias)
  heapFigures(sheet, layout)
  collectionFigures(sheet)
  schedulerFigures(sheet)
  return sheet.finish()
}

function heapFigures(sheet: FigureSheet, layout: RuntimeLayout): void {
  const values = sheet.fields('gcController', [
    ...HEAP_GOAL_FIELDS,
    'gcControllerState.gcPercent',
    'gcControllerState.heapLive',
    'gcControllerState.heapInUse',
    'gcControllerState.heapReleased',
  ])
  const percent = values['gcControllerState.gcPercent']
  const limit = values['gcControllerState.memoryLimit']
  sheet.set('heapLiveBytes', values['gcControllerState.heapLive'], BYTES_MAX)
  sheet.set('heapMarkedBytes', values['gcControllerState.heapMarked'], BYTES_MAX)
  const goal = heapGoalBytes(values, layout)
  sheet.set('heapGoalBytes', goal, goal === Number.POSITIVE_INFINITY ? goal : BYTES_MAX)
  sheet.set('heapInUseBytes', values['gcControllerState.heapInUse'], BYTES_MAX)
  sheet.set('heapReleasedBytes', values['gcControllerState.heapReleased'], BYTES_MAX)
  sheet.set('allocatedBytes', values['gcControllerState.totalAlloc'], COUNT_MAX)
  sheet.set('freedBytes', values['gcControllerState.totalFree'], sheet.values.allocatedBytes ?? COUNT_MAX)
  // A signed number of 32 bits.
  sheet.set('gcPercent', percent === undefined ? undefined : percent | 0, 2 ** 31, -1)
  sheet.set(
    'memoryLimitBytes',
    limit === undefined || limit < COUNT_MAX ? limit : Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  )
}

function collectionFigures(sheet: FigureSheet): void {
  const values = sheet.fields('memstats', [
    'mstats.numgc',
    'mstats.numforcedgc',
    'mstats.pause_total_ns',
    'mstats.last_gc_unix',
  ])
  sheet.set('gcCount', values['mstats.numgc'], COUNT_MAX)
  // It is counted a moment before the other is.
  sheet.set('forcedGcCount', values['mstats.numforcedgc'], (sheet.values.gcCount ?? COUNT_MAX) + 1)
  sheet.set('pauseTotalNs', values['mstats.pause_total_ns'], COUNT_MAX)
  sheet.set('lastGcEndNs', values['mstats.last_gc_unix'], UNIX_NS_MAX)
  sheet.set('stackBytes', sheet.stackBytes(), BYTES_MAX)
  const phase = sheet.number('gcphase')
  const name = phase === undefined ? undefined : GC_PHASES[phase]
  if (name === undefined) sheet.leaveOut('gcPhase', phase)
  else sheet.values.gcPhase = name
}

function schedulerFigures(sheet: FigureSheet): void {
  const sched = sheet.fields('sched', [
    'schedt.goidgen',
    'schedt.mnext',
    'schedt.nmfreed',
    'schedt.ngsys',
    'schedt.npidle',
    'schedt.runq.size',
    'schedt.gFree.n',
    'schedt.gFree.stack.size',
    'schedt.gFree.noStack.size',
    'schedt.goroutinesCreated',
  ])
  sheet.set('gomaxprocs', sheet.number('gomaxprocs'), THREAD_COUNT_MAX, 1)
  sheet.set('idleProcessorCount', sched['schedt.npidle'], sheet.values.gomaxprocs ?? THREAD_COUNT_MAX)
  const processors = sheet.processors()
  const queued = sched['schedt.runq.size']
  sheet.set('runnableCount', add(queued, processors?.runnableCount), GOROUTINE_COUNT_MAX)
  sheet.set('threadCount', add(sched['schedt.mnext'], negative(sched['schedt.nmfreed'])), THREAD_COUNT_MAX, 1)
  // gcount in proc.go: since 1.26 the free ones are counted in two lists.
  const free =
    sched['schedt.gFree.n'] ?? add(sched['schedt.gFree.stack.size'], sched['schedt.gFree.noStack.size'])
  const living = add(
    sheet.goroutineSlots(),
    negative(add(add(free, sched['schedt.ngsys']), processors?.freeGoroutineCount)),
  )
  // The counts change while they are read; whatever they say, as the runtime has it, one goroutine lives.
  sheet.set('goroutineCount', living === 0 ? 1 : living, GOROUTINE_COUNT_MAX, 1)
  const told = add(sched['schedt.goroutinesCreated'], processors?.goroutinesCreatedCount)
  const numbered = add(sched['schedt.goidgen'], negative(processors?.unusedIdCount))
  sheet.set('goroutinesCreatedCount', told ?? numbered, COUNT_MAX)
}

function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}

function negative(a: number | undefined): number | undefined {
  return a === undefined ? undefined : -a
}

/** Takes what is read, and keeps what can be true. */
class FigureSheet {
  readonly values: { -readonly [Name in keyof GoFigures]: GoFigures[Name] } = {}
  readonly #diagnostics: Diagnostic[] = []
  readonly #unknown: string[] = []
  readonly #memory: ProcessMemory
  readonly #layout: RuntimeLayout
  readonly #variables: RuntimeVariables
  readonly #bias: number

  constructor(memory: ProcessMemory, layout: RuntimeLayout, variables: RuntimeVariables, bias: number) {
    this.#memory = memory
    this.#layout = layout
    this.#variables = variables
    this.#bias = bias
  }

  set(
    name: Exclude<keyof GoFigures, 'gcPhase'>,
    value: number | undefined,
    largest: number,
    smallest = 0,
  ): void {
    if (value !== undefined && value >= smallest && value <= largest) this.values[name] = value
    else this.leaveOut(name, value)
  }

  leaveOut(name: keyof GoFigures, value: number | undefined): void {
    if (value === undefined) this.#unknown.push(name)
    else this.#tell('GOFG003', `${name}: ${value} cannot be true`)
  }

  /** Empty where the variable is not known or cannot be read. */
  fields<Field extends RuntimeField>(variable: RuntimeVariable, names: readonly Field[]): FieldValues<Field> {
    return this.#read(variable, (address) => readFields(this.#memory, this.#layout, address, names)) ?? NONE
  }

  /** A variable of four bytes. */
  number(variable: 'gcphase' | 'gomaxprocs'): number | undefined {
    return this.#read(variable, (address) => readMemory(this.#memory, address, 4).getUint32(0, true))
  }

  /** The sum of three parts, of which one or two are being moved to the next (mstats.go, consistentHeapStats). */
  stackBytes(): number | undefined {
    const { fields } = this.#layout
    const parts = fields['mstats.heapStats.stats']
    const place = fields['heapStatsDelta.inStacks']
    if (parts === undefined || place === undefined) return undefined
    return this.#read('memstats', (address) => {
      const view = readMemory(this.#memory, address + parts[0], parts[1])
      const at = [0, 1, 2].map((index) => (index * parts[1]) / 3 + place[0])
      // Each can be negative.
      return Number(at.reduce((sum, offset) => sum + view.getBigInt64(offset, true), 0n))
    })
  }

  processors(): Processors | undefined {
    return this.#read('allp', (address) => readProcessors(this.#memory, this.#layout, address))
  }

  /** All goroutines that there have been at one time: those that are over are used again. */
  goroutineSlots(): number | undefined {
    return this.#read('allgs', (address) => readSlice(this.#memory, address, GOROUTINE_COUNT_MAX).length)
  }

  finish(): Analysis<GoFigures> {
    if (this.#unknown.length > 0)
      this.#tell('GOFG001', `not known of ${this.#layout.version.text}: ${this.#unknown.join(', ')}`, 'info')
    return { value: this.values, diagnostics: this.#diagnostics }
  }

  #read<T>(variable: RuntimeVariable, read: (address: number) => T): T | undefined {
    const place = this.#variables[variable]
    if (place === undefined) return undefined
    try {
      return read(place.address + this.#bias)
    } catch (error) {
      if (!(error instanceof GolangError)) throw error
      this.#tell('GOFG002', `${variable}: ${error.message}`)
      return undefined
    }
  }

  #tell(code: string, message: string, severity: Diagnostic['severity'] = 'warning'): void {
    this.#diagnostics.push({ code, severity, message })
  }
}
