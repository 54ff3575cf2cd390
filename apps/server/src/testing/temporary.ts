import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that is gone at the end of the block. */
export class TemporaryDir implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'quadrant-server-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
