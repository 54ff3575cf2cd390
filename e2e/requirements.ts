import { spawnSync } from 'node:child_process'

/** The reason to skip a test that needs eBPF and these programs, or false where all is there. */
export function missing(...programs: readonly string[]): string | false {
  return process.getuid?.() === 0 ? lacking(...programs) : 'needs root'
}

/** The same of a test that any user can run. */
export function lacking(...programs: readonly string[]): string | false {
  const absent = programs.filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`], { env: PATHS }).status !== 0,
  )
  return absent.length > 0 ? `needs ${absent.join(', ')}` : false
}

const PATHS = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` }

/** `npm run e2e` runs the scenarios at full length, `npm test` short. */
export const FULL = process.env['QUADRANT_E2E'] === 'full'
