import { readFileSync } from 'node:fs'
import { arch, release, type as system } from 'node:os'
import type { Context } from './context.ts'

/** Version of this package, from its package.json. */
export function quadrantVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}

export function runVersion(context: Context): void {
  context.stdout.write(
    `quadrant ${quadrantVersion()}\nnode ${process.versions.node}\nkernel ${system()} ${release()} ${arch()}\n`,
  )
}
