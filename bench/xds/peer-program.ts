import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LineProcess } from '../line-process.ts'
import { build } from '../toolchain.ts'

export type Server = 'ours' | 'LinearCache' | 'SnapshotCache'

const OURS = join(import.meta.dirname, 'our-server.ts')

/** The Go program of bench/xds/peer, built once for a run, and our own server beside it. */
export class PeerProgram implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-xds-'))
  readonly #path = join(this.#folder, 'peer')

  constructor() {
    build('go', ['build', '-buildvcs=false', '-o', this.#path, '.'], join(import.meta.dirname, 'peer'))
  }

  server(kind: Server): LineProcess {
    if (kind !== 'ours')
      return new LineProcess([this.#path, 'serve', kind === 'LinearCache' ? 'linear' : 'snapshot'])
    // As apps start their processes: with the code compiled ahead, and a small nursery.
    const compiled = `NODE_COMPILE_CACHE=${this.#folder}/compiled`
    return new LineProcess(['env', compiled, process.execPath, '--max-semi-space-size=4', OURS])
  }

  clients(port: number, isDelta: boolean, streams: number, resources: number): LineProcess {
    const variant = isDelta ? 'delta' : 'whole'
    const args = ['clients', `127.0.0.1:${port}`, variant, String(streams), String(resources)]
    // Their garbage is not what is measured.
    return new LineProcess(['env', 'GOGC=400', this.#path, ...args])
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
