import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RuntimeRelease } from '../src/runtime/release.ts'

/**
 * What the table is read from: of each minor release the newest and the oldest toolchain that was served, which must
 * agree; where they do not, those between which they do. Of the releases before 1.20, which matter for function tables
 * alone, it is the newest.
 */
export const TOOLCHAINS: readonly (readonly [minor: number, ...versions: string[]])[] = [
  [16, 'go1.16.15'],
  [17, 'go1.17.13'],
  [18, 'go1.18.10'],
  [19, 'go1.19.13'],
  [20, 'go1.20.14', 'go1.20'],
  [21, 'go1.21.13', 'go1.21.0'],
  [22, 'go1.22.12', 'go1.22.0'],
  [23, 'go1.23.3', 'go1.23.0'],
  [23, 'go1.23.12', 'go1.23.4'],
  [24, 'go1.24.13', 'go1.24.0'],
  [25, 'go1.25.14', 'go1.25.0'],
  [26, 'go1.26.11', 'go1.26.0'],
  [27, 'go1.27.4', 'go1.27.0'],
]

/** How a program is built. */
export interface BuildKind {
  readonly name: string
  readonly architecture: 'amd64' | 'arm64'
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** What changes the runtime's machine code. */
export const BUILD_KINDS: readonly BuildKind[] = [
  { name: 'plain', architecture: 'amd64' },
  { name: 'pie', architecture: 'amd64', args: ['-buildmode=pie'] },
  { name: 'unoptimised', architecture: 'amd64', args: ['-gcflags=all=-N -l'] },
  { name: 'v3', architecture: 'amd64', environment: { GOAMD64: 'v3' } },
  { name: 'cgo', architecture: 'amd64', environment: { CGO_ENABLED: '1' } },
  {
    name: 'cgo-pie',
    architecture: 'amd64',
    args: ['-buildmode=pie'],
    environment: { CGO_ENABLED: '1' },
  },
  { name: 'arm64', architecture: 'arm64' },
  { name: 'arm64-pie', architecture: 'arm64', args: ['-buildmode=pie'] },
]

/** Something, so that it stands before the flags of a person's own settings, which an old toolchain may not know. */
export const PLAIN_FLAGS = '-mod=mod'

const PROGRAM = 'package main\n\nfunc main() {}\n'
const C_PROGRAM =
  'package main\n\n// static void nothing(void) {}\nimport "C"\n\nfunc init() { C.nothing() }\n'

/** Builds a program that does nothing, with its symbols and DWARF; the toolchain is downloaded if need be. */
export function buildProbe(folder: string, version: string, kind: BuildKind): string {
  const source = join(folder, 'probe')
  mkdirSync(source, { recursive: true })
  writeFileSync(join(source, 'go.mod'), 'module example.com/probe\n\ngo 1.16\n')
  writeFileSync(join(source, 'main.go'), PROGRAM)
  writeFileSync(join(source, 'c.go'), C_PROGRAM)
  const program = join(folder, `${version}.${kind.name}`)
  execFileSync('go', ['build', ...(kind.args ?? []), '-o', program, '.'], {
    cwd: source,
    env: {
      ...process.env,
      GOFLAGS: PLAIN_FLAGS,
      GOTOOLCHAIN: version,
      CGO_ENABLED: '0',
      GOARCH: kind.architecture,
      ...kind.environment,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return program
}

/** What a toolchain's source says. */
export function readSources(version: string): Pick<RuntimeRelease, 'stopReasons' | 'wrapperKind'> {
  const root = execFileSync('go', ['env', 'GOROOT'], {
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: PLAIN_FLAGS, GOTOOLCHAIN: version },
  }).trim()
  const read = (path: string) => {
    const file = join(root, 'src', path)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  return {
    stopReasons: stopReasons(version, read('runtime/proc.go')),
    wrapperKind: wrapperKind(version, `${read('internal/abi/symtab.go')}\n${read('runtime/symtab.go')}`),
  }
}

/** The texts of the constants of type stwReason by number; undefined where there are none. */
function stopReasons(version: string, source: string): readonly string[] | undefined {
  const block = /^const \(\n\tstwUnknown +stwReason = iota[\s\S]*?^\)/m.exec(source)?.[0]
  if (block === undefined) {
    if (source.includes('stwReason')) throw new Error(`${version}: stwReason is not declared as expected`)
    return undefined
  }
  const texts = new Map(
    [...source.matchAll(/^\t(stw\w+): +"([^"]*)",$/gm)].map(([, name, text]) => [name, text!]),
  )
  return [...block.matchAll(/^\t(stw\w+)/gm)].map(([, name]) => {
    const text = texts.get(name)
    if (text === undefined) throw new Error(`${version}: ${name} has no text`)
    return text
  })
}

/** The number of FuncIDWrapper, formerly funcID_wrapper. */
function wrapperKind(version: string, source: string): number {
  const block = /^\t(?:FuncIDNormal FuncID|funcID_normal funcID) = iota[\s\S]*?^\)/m.exec(source)?.[0] ?? ''
  const names = [...block.matchAll(/^\t(\w+)/gm)].map(([, name]) => name!)
  const index = names.findIndex((name) => /^func_?id_?wrapper$/i.test(name))
  if (index === -1) throw new Error(`${version}: no kind of function for wrappers`)
  return index
}
