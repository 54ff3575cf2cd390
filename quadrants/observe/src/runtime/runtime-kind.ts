import { basename } from 'node:path'
import type { BuildIds, ElfImage } from '@quadrant/golang'

/** What runs in an executable, and what told it. */
export interface RuntimeKind {
  readonly runtime: 'go' | 'node' | 'python' | 'java' | 'ruby' | 'dotnet' | 'native'
  /** Where a name or path tells it; of Go, build information does. */
  readonly version: string
  /** For people: `section .go.buildinfo`, `mapped libpython3.11.so.1.0`, `name node`. */
  readonly evidence: string
}

/** Sections that the Go linker alone writes, in programs that were stripped too. */
const GO_SECTIONS: ReadonlySet<string> = new Set([
  '.go.buildinfo',
  '.gopclntab',
  '.data.rel.ro.gopclntab',
  '.note.go.buildid',
])

interface Pattern {
  readonly runtime: Exclude<RuntimeKind['runtime'], 'go' | 'native'>
  readonly file: RegExp
}

/** Paths of mapped libraries, with the version where the path has it. */
const LIBRARIES: readonly Pattern[] = [
  { runtime: 'node', file: /\/libnode\.so(?:\.\d+)?$/ },
  { runtime: 'python', file: /\/libpython(\d+\.\d+)[a-z]*\.so[\d.]*$/ },
  { runtime: 'java', file: /(?:\/(?:java|jdk|jre|openjdk)-?(\d+[\d.]*)[^/]*\/.*)?\/libjvm\.so$/ },
  { runtime: 'ruby', file: /\/libruby(?:-[\d.]+)?\.so\.(\d+\.\d+)[\d.]*$/ },
  { runtime: 'dotnet', file: /(?:\/Microsoft\.NETCore\.App\/(\d[^/]*))?\/libcoreclr\.so$/ },
]

const NAMES: readonly Pattern[] = [
  { runtime: 'node', file: /^node(?:js)?(?:-?v?(\d[\d.]*))?$/ },
  { runtime: 'python', file: /^(?:python|pypy)(\d+(?:\.\d+)*)?$/ },
  { runtime: 'java', file: /^java$/ },
  { runtime: 'ruby', file: /^ruby-?(\d+(?:\.\d+)*)?$/ },
  { runtime: 'dotnet', file: /^dotnet$/ },
]

/** By what only Go's linker leaves in a file; undefined for all other programs. */
export function goEvidence(image: ElfImage, buildIds: BuildIds): string | undefined {
  if (buildIds.go !== undefined) return 'note of the Go build id'
  const section = image.sections.find(({ name }) => GO_SECTIONS.has(name))
  return section && `section ${section.name}`
}

/** What is no Go program, by the libraries that it has mapped, else by its name. */
export function otherRuntime(exe: string, mapped: readonly string[]): RuntimeKind {
  for (const path of mapped)
    for (const { runtime, file } of LIBRARIES) {
      const match = file.exec(path)
      if (match) return { runtime, version: match[1] ?? '', evidence: `mapped ${basename(path)}` }
    }
  const name = basename(exe)
  for (const { runtime, file } of NAMES) {
    const match = file.exec(name)
    if (match) return { runtime, version: match[1] ?? '', evidence: `name ${name}` }
  }
  return {
    runtime: 'native',
    version: '',
    evidence: 'no runtime that we know by its sections, libraries or name',
  }
}
