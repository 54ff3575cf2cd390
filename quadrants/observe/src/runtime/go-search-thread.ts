// The thread that searches programs, so that no program, however large or hostile, holds up the agent.
import { parentPort } from 'node:worker_threads'
import { fileSource } from './exe-file.ts'
import { searchGo } from './go-search.ts'
import type { SearchOrder, SearchResult } from './go-searcher.ts'

const port = parentPort!

port.on('message', ({ key, fd, byteLength }: SearchOrder) => {
  const result: SearchResult = { key, search: searchGo(fileSource(fd, byteLength)) }
  port.postMessage(result)
})
