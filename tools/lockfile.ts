import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './repository.ts'

interface LockedPackage {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly cpu?: readonly string[]
  readonly os?: readonly string[]
  readonly libc?: readonly string[]
  readonly optional?: boolean
  readonly dev?: boolean
}

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'] as const
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64'] as const

/**
 * Adds to package-lock.json the packages for other platforms that the registry at hand did not have. npm leaves them
 * out of the lockfile it writes, and `npm ci` then refuses that lockfile. Gives whether anything was added.
 */
export function completeLockfile(): boolean {
  const path = join(ROOT, 'package-lock.json')
  const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockedPackage> }
  const added = Object.entries(lock.packages).flatMap(([parent, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies).flatMap(([name, version]) => {
      const key = `node_modules/${name}`
      const known = key in lock.packages || `${parent}/${key}` in lock.packages
      return known || !/^\d/.test(version)
        ? []
        : [[key, { version, ...platformOf(name), ...(dev ? { dev } : {}), optional: true }] as const]
    }),
  )
  if (added.length === 0) return false
  const packages = Object.entries({ ...lock.packages, ...Object.fromEntries(added) })
  // By code unit, as npm sorts.
  packages.sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`)
  return true
}

/** The platform in a binary package's name, e.g. `@oxfmt/binding-linux-arm64-musl`. @throws when there is none. */
function platformOf(name: string): Pick<LockedPackage, 'cpu' | 'os' | 'libc'> {
  const os = SYSTEMS.find((system) => name.includes(system))
  const cpu = PROCESSORS.find((processor) => name.includes(processor))
  if (!os || !cpu)
    throw new Error(`package-lock.json: ${name} is missing, and its name does not tell its platform`)
  const libc = name.includes('musl') ? 'musl' : name.includes('gnu') ? 'glibc' : undefined
  return { cpu: [cpu], ...(libc ? { libc: [libc] } : {}), os: [os] }
}
