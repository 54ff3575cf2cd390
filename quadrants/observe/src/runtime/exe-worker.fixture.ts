// A thread that reads executables, and that a file can hold up for good, as one of a file system that is gone does.
import { readFileSync, writeFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { ExeOrder } from './exe-order.ts'

const port = parentPort!

port.on('message', ({ id, order }: { readonly id: number; readonly order: ExeOrder }) => {
  // Of a FIFO that nobody writes not even `terminate` brings us back.
  if (order.kind === 'read' && order.path.endsWith('.fifo')) {
    writeFileSync(`${order.path}.read`, '')
    readFileSync(order.path)
  }
  if (order.kind === 'read' && order.path === 'throws') throw new Error('of no errno')
  port.postMessage({ id, answer: { refusal: order.kind === 'read' ? order.path : order.kind } })
})
