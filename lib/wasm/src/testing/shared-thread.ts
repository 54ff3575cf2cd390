import { parentPort, workerData } from 'node:worker_threads'
import { Result } from '../proxy-wasm/abi.ts'
import { ValueTable } from '../proxy-wasm/shared-memory/value-table.ts'
import { SharedMemory, type SharedHandle } from '../proxy-wasm/shared-memory/shared-memory.ts'
import { QueueTable } from '../proxy-wasm/shared-memory/queue-table.ts'

/** What a thread of a test is to do with what it shares. */
export type SharedTask = {
  readonly handle: SharedHandle
  readonly vmId: string
} & (
  | { readonly kind: 'increment'; readonly times: number }
  | { readonly kind: 'produce'; readonly token: number; readonly first: number; readonly times: number }
  | { readonly kind: 'consume'; readonly token: number; readonly stop: SharedArrayBuffer }
  | { readonly kind: 'listen'; readonly name: string; readonly times: number }
  | { readonly kind: 'churn'; readonly seed: number }
)

const task: SharedTask = workerData
const memory = SharedMemory.open(task.handle)
const data = new ValueTable(memory)
const queues = new QueueTable(memory)

function registered(name: string, ready: () => void): number {
  const answer = queues.register(task.vmId, name, ready)
  if ('result' in answer) throw new Error(`${answer.result}`)
  return answer.token
}

function numberBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, number, true)
  return bytes
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
}

/** As a filter counts: read, add one, write if nobody else has. Returns how often somebody had. */
function increment(times: number): number {
  const key = 'counter'
  let mismatches = 0
  for (let done = 0; done < times;) {
    const now = data.get(task.vmId, key)
    if (typeof now === 'string') throw new Error(now)
    const result = data.set(task.vmId, key, numberBytes(numberOf(now.value) + 1), now.cas)
    if (result === 'ok') done++
    else if (result === 'cas-mismatch') mismatches++
    else throw new Error(result)
  }
  return mismatches
}

function produce(token: number, first: number, times: number): void {
  for (let index = 0; index < times;) {
    const result = queues.enqueue(token, numberBytes(first + index))
    // Where it is full, others are still to take something out.
    if (result === Result.OK) index++
    else if (result !== Result.INTERNAL_FAILURE) throw new Error(`${result}`)
  }
}

function consume(token: number, stop: SharedArrayBuffer): number[] {
  const isOver = new Int32Array(stop)
  const numbers: number[] = []
  for (;;) {
    const wasOver = Atomics.load(isOver, 0) === 1
    const item = queues.dequeue(token)
    if (typeof item !== 'number') numbers.push(numberOf(item))
    else if (item === Result.EMPTY && wasOver) return numbers
    else if (item !== Result.EMPTY) throw new Error(`${item}`)
  }
}

/** Says its token, and then what it was told of. */
function listen(name: string, times: number): void {
  const port = parentPort!
  const numbers: number[] = []
  const token = registered(name, () => {
    const item = queues.dequeue(token)
    if (typeof item !== 'number') numbers.push(numberOf(item))
    if (numbers.length < times) return
    port.postMessage(numbers)
    clearInterval(alive)
    queues[Symbol.dispose]()
  })
  const alive = setInterval(() => {}, 1000)
  port.postMessage(token)
}

/** Writes, removes and queues without end, so that it is in the middle of something whenever it is ended. */
function churn(seed: number): never {
  const token = registered('churn', () => {})
  parentPort!.postMessage('begun')
  for (let step = seed; ; step = (Math.imul(step, 1_664_525) + 1_013_904_223) | 0) {
    const key = `key ${(step >>> 8) & 63}`
    const value = new Uint8Array(4 + ((step >>> 16) & 0x7ff)).fill(step >>> 24)
    const choice = (step >>> 4) & 7
    if (choice === 0) data.remove(task.vmId, key, 0)
    else if (choice === 1) queues.enqueue(token, value)
    else if (choice === 2) queues.dequeue(token)
    else data.set(task.vmId, key, value, 0)
  }
}

switch (task.kind) {
  case 'increment':
    parentPort!.postMessage(increment(task.times))
    break
  case 'produce':
    produce(task.token, task.first, task.times)
    break
  case 'consume':
    parentPort!.postMessage(consume(task.token, task.stop))
    break
  case 'listen':
    listen(task.name, task.times)
    break
  case 'churn':
    churn(task.seed)
}
