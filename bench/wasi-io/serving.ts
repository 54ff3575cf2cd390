import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { judge, type Row, type RunOptions } from '../benchmark.ts'
import { LineProcess } from '../line-process.ts'
import { median, pairedRatio } from '../load/pairs.ts'
import type { Programs } from './index.ts'
import { freePort } from '../free-port.ts'

/** The last whose library gives a guest a listener. */
const SERVING_VERSION = '14.0.0'
/** Until V8 has optimised what is called most; the others compile before they start. */
const WARM_UP_REQUESTS = 120_000
const WARM_UP_SLICES = 1
const CASES = [
  { title: 'hello, 1 connection', path: 'small', connections: 1, requests: 4000 },
  { title: 'hello, 32 connections', path: 'small', connections: 32, requests: 12_000 },
  { title: '16 KiB, 32 connections', path: 'body', connections: 32, requests: 6000 },
] as const

/** Requests by a Go client outside: ours beside wasmtime, where pip has it, and native Go. */
export async function serving(programs: Programs, { quick, progress }: RunOptions): Promise<readonly Row[]> {
  using ours = new LineProcess([process.execPath, programs.ourHost, programs.wasm, 'serve'])
  using native = new LineProcess([programs.native, 'serve'])
  using load = new LineProcess([programs.native, 'load'])
  using wasmtime = await startWasmtime(programs, progress)
  const addressOf = async (server: LineProcess) => (await server.read<{ address: string }>()).address
  const ourAddress = await addressOf(ours)
  const peers = [
    ...(wasmtime === undefined ? [] : [{ name: `wasmtime ${SERVING_VERSION}`, server: wasmtime, goal: 1 }]),
    { name: 'native Go', server: native, goal: undefined },
  ]
  progress(`${WARM_UP_REQUESTS} requests to warm up`)
  await load.ask(`http://${ourAddress}/small 32 ${WARM_UP_REQUESTS}`)
  const rows: Row[] = []
  for (const { name, server, goal } of peers) {
    const address = await addressOf(server)
    for (const { title, path, connections, requests } of CASES) {
      progress(`${title}, ${name}`)
      // Each of its answers of that size takes it 40 ms: a few say as much as many.
      const count = path === 'body' && goal !== undefined ? requests / 10 : requests
      const ask = async (at: string) =>
        (await load.ask<{ ns: number }>(`http://${at}/${path} ${connections} ${count}`)).ns / 1000
      const own: number[] = []
      const peer: number[] = []
      for (let slice = 0; slice < WARM_UP_SLICES + (quick ? 4 : 15); slice++) {
        const [one, other] = [await ask(ourAddress), await ask(address)]
        if (slice < WARM_UP_SLICES) continue
        own.push(one)
        peer.push(other)
      }
      const { median: ratio, spread } = pairedRatio(own, peer)
      const row = { case: title, unit: 'µs/request', ours: median(own), peer: median(peer) }
      rows.push(judge({ ...row, peerName: name, ratio, spread, ...(goal === undefined ? {} : { goal }) }))
    }
  }
  return rows
}

async function startWasmtime(
  programs: Programs,
  progress: RunOptions['progress'],
): Promise<LineProcess | undefined> {
  const packages = join(programs.folder, 'wasmtime')
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', packages]
  try {
    execFileSync('python3', [...pip, `wasmtime==${SERVING_VERSION}`], { stdio: 'ignore' })
  } catch {
    progress(`wasmtime ${SERVING_VERSION} cannot be installed: serving is compared with native Go only`)
    return undefined
  }
  const script = join(import.meta.dirname, 'wasmtime-serve.py')
  return new LineProcess(['python3', script, packages, programs.wasm, `127.0.0.1:${await freePort()}`])
}
