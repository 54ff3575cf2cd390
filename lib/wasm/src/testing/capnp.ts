import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const found = spawnSync('capnp', ['--version'], { encoding: 'utf8' })

/** Why tests against the reference compiler cannot run here. */
export const NO_CAPNP: string | false =
  found.status === 0 ? false : 'capnp is missing: apt-get install capnproto'

/** Runs `capnp` in a folder that has these files. @throws {Error} with what it wrote where it fails */
export function capnp(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  input: string | Uint8Array = '',
): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'quadrant-capnp-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return execFileSync('capnp', args, { cwd: folder, input, stdio: 'pipe' })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
