import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TOOL_PATH } from '../toolchain.ts'
import { median } from './pairs.ts'

export interface HttpLoad {
  readonly url: string
  /** Kept open, with one request at a time on each. */
  readonly connections: number
  readonly seconds: number
}

export interface HttpLoadResult {
  readonly requests: number
  readonly medianUs: number
  /** Answers other than 2xx and 3xx, broken connections and timeouts. */
  readonly errorCount: number
}

const execute = promisify(execFile)
const SUMMARY = join(import.meta.dirname, 'wrk-summary.lua')
let logCount = 0

/** HTTP/1.1, with TLS for `https:`, by wrk on one thread: as many requests as there are answers. */
export async function loadHttp1({ url, connections, seconds }: HttpLoad): Promise<HttpLoadResult> {
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', SUMMARY, url]
  return JSON.parse((await run('wrk', args)).trim().split('\n').at(-1)!) as HttpLoadResult
}

/** HTTP/2 with prior knowledge, one stream at a time on each connection, by h2load on one thread. */
export async function loadHttp2({ url, connections, seconds }: HttpLoad): Promise<HttpLoadResult> {
  const log = join(tmpdir(), `quadrant-h2load-${process.pid}-${logCount++}.log`)
  try {
    const args = ['-t', '1', '-c', String(connections), '-m', '1', '-D', `${seconds}s`, `--log-file=${log}`]
    const text = await run('h2load', [...args, url])
    const [, total, failed] = /^requests: (\d+) total.* (\d+) failed/m.exec(text) ?? []
    if (total === undefined) throw new Error(`h2load: ${text.slice(-1000)}`)
    // Begin in µs, status, duration in µs.
    const lines = (await readFile(log, 'latin1')).trim().split('\n')
    return {
      requests: Number(total),
      medianUs: median(lines.map((line) => Number(line.split('\t')[2]))),
      errorCount: Number(failed),
    }
  } finally {
    await rm(log, { force: true })
  }
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const options = { env: { ...process.env, PATH: TOOL_PATH }, maxBuffer: 1 << 24 }
  const { stdout } = await execute(program, args, options)
  return stdout
}
