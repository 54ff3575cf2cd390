// The thread that reads and searches executables, so that no file, however large or hostile, holds up the agent.
import { parentPort } from 'node:worker_threads'
import { fileSource } from './exe-file.ts'
import { searchGo } from './go-search.ts'
import type { ExeOrder, ExeResult } from './exe-order.ts'
import { readExe } from './read-exe.ts'

const port = parentPort!

port.on('message', ({ id, order }: { readonly id: number; readonly order: ExeOrder }) => {
  const source = fileSource(order.fd, order.byteLength)
  const answer = order.kind === 'search' ? searchGo(source) : readExe(source, order)
  const result: ExeResult = { id, answer }
  port.postMessage(result)
})
