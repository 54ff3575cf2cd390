// The invariants of ARCHITECTURE.md, held by a test. What oxlint, tsc and knip hold already is not repeated here.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { homedir } from 'node:os'
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { ROOT, readText, repositoryFiles, workspaces } from './repository.ts'

const FILES = repositoryFiles()
const SOURCES = FILES.filter((path) => /\.(ts|tsx|mts|mjs)$/.test(path) && !path.includes('/gen/'))
const WORKSPACES = workspaces(FILES)
const ARCHITECTURE_LINES_MAX = 300

interface Import {
  readonly file: string
  readonly specifier: string
}

/** `import … from 'x'`, `export … from 'x'`, `import 'x'` at the start of a line, and `import('x')` anywhere. */
const IMPORT =
  /^(?:import|export)\b[^'"`;=(]*?\bfrom\s*'([^'\n]+)'|^import\s*'([^'\n]+)'|\bimport\(\s*'([^'\n]+)'\s*\)/gm

const IMPORTS: readonly Import[] = SOURCES.flatMap((file) =>
  [...withoutComments(readText(file)).matchAll(IMPORT)].map((match) => ({
    file,
    specifier: (match[1] ?? match[2] ?? match[3])!,
  })),
)

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}

function packageOf(specifier: string): string {
  return specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]!
}

function workspaceOf(path: string) {
  return WORKSPACES.find(({ folder }) => path.startsWith(`${folder}/`))
}

function none(what: string, offenders: readonly string[]) {
  assert.deepEqual(offenders, [], what)
}

test('imports go down: apps → quadrants → lib, and never sideways but to core', () => {
  const allowed = (from: string, to: string) => {
    const [fromRing, fromName] = from.split('/')
    const [toRing, toName] = to.split('/')
    if (from === to) return true
    if (fromName === 'console') return to === 'lib/core' || to === 'lib/proto'
    if (toRing === 'lib') return fromRing !== 'lib' || toName === 'core'
    // The command line starts the other apps as processes; it may know how the console is built.
    return fromRing === 'apps' && toRing === 'quadrants'
  }
  const offenders = IMPORTS.flatMap(({ file, specifier }) => {
    const from = workspaceOf(file)
    const to = WORKSPACES.find(({ manifest }) => manifest.name === packageOf(specifier))
    return from && to && !allowed(from.folder, to.folder) ? [`${file} imports ${specifier}`] : []
  })
  none('an import goes up or sideways', offenders)
})

/** What a package lets others import: `@quadrant/x`, `@quadrant/x/entry`, each with its file. */
const ENTRIES: ReadonlyMap<string, string> = new Map(
  WORKSPACES.flatMap(({ folder, manifest }) => {
    const { exports = {} } = JSON.parse(readText(`${folder}/package.json`)) as {
      readonly exports?: Readonly<Record<string, string>>
    }
    return Object.entries(exports).map(([entry, file]) => [
      posix.join(manifest.name, entry),
      posix.join(folder, file),
    ])
  }),
)

test('packages are imported by what they export, and relative imports stay inside of a package', () => {
  const offenders = IMPORTS.flatMap(({ file, specifier }) => {
    if (specifier.startsWith('@quadrant/') && specifier.split('/').length > 2 && !ENTRIES.has(specifier))
      return [`${file} reaches into ${specifier}`]
    const home = workspaceOf(file)
    if (!specifier.startsWith('.') || !home) return []
    const target = posix.join(posix.dirname(file), specifier)
    return target.startsWith(`${home.folder}/`) ? [] : [`${file} leaves its package by ${specifier}`]
  })
  none('an import reaches past a package', offenders)
})

test('each import is declared in its package.json: npm hoists, so nothing else would notice', () => {
  const rootDevDependencies = Object.keys(JSON.parse(readText('package.json')).devDependencies)
  const offenders = IMPORTS.flatMap(({ file, specifier }) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:') || specifier.includes('*')) return []
    if (builtinModules.includes(packageOf(specifier))) return [`${file}: write node:${specifier}`]
    const home = workspaceOf(file)
    const { dependencies, optionalDependencies, devDependencies, name } = home?.manifest ?? { name: '' }
    const declared = [...Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies }), name]
    const forTests =
      !home || /\.test\.tsx?$|\.case\.ts$|\/testing\//.test(file) || !file.startsWith(`${home.folder}/src/`)
    const known = forTests
      ? [...declared, ...rootDevDependencies, ...(home ? [] : WORKSPACES.map((w) => w.manifest.name))]
      : declared
    return known.includes(packageOf(specifier)) ? [] : [`${file} imports ${packageOf(specifier)}`]
  })
  none('an import is not declared', offenders)
})

test('FFI is in lib/ebpf/src/sys alone', () => {
  none(
    'koffi is imported elsewhere',
    IMPORTS.filter(
      ({ file, specifier }) => packageOf(specifier) === 'koffi' && !file.startsWith('lib/ebpf/src/sys/'),
    ).map(({ file }) => file),
  )
})

test('environment, argv, console and listeners are in apps alone', () => {
  const forbidden = /\bprocess\.(env|argv|exit|stdout|stderr|stdin)\b|\bconsole\.\w+\(|\bcreateServer\(/
  const libraries = SOURCES.filter(
    (path) =>
      /^(lib|quadrants)\/[^/]+\/src\//.test(path) && !/\.(test|case|fixture)\.ts$|\/testing\//.test(path),
  )
  none(
    'a library does what only apps may',
    libraries.flatMap((path) => {
      const match = forbidden.exec(withoutComments(readText(path)))
      return match ? [`${path}: ${match[0]}`] : []
    }),
  )
})

test('files are named by what they hold', () => {
  none(
    'a file is named for nothing',
    // Files of other projects have the names that those gave them.
    FILES.filter((path) => !/opentelemetry\/proto\/|^lib\/proto\/src\/gen\/envoy\//.test(path)).filter(
      (path) => /(^|\/)(utils?|helpers?|common|misc|shared|scripts)(\.[a-z]+$|\/)/.test(path),
    ),
  )
})

test('index.ts and other entries are the public API and hold nothing but exports', () => {
  const indexes = [...ENTRIES.values()].filter((path) => /^(lib|quadrants)\//.test(path))
  none(
    'an index does more than export',
    indexes.filter(
      (path) =>
        withoutComments(readText(path))
          .replace(/export\s+(type\s+)?(\*|\{[^}]*\})(\s+as\s+\w+)?\s+from\s+'[^']+';?/g, '')
          .trim() !== '',
    ),
  )
  const inner = SOURCES.filter((path) => /^(lib|quadrants)\/[^/]+\/src\/.+\/index\.ts$/.test(path))
  none('there is a barrel inside of a package', inner)
})

test('generated code says so', () => {
  const generated = FILES.filter((path) => path.includes('/gen/') && path.endsWith('.ts'))
  none(
    'a generated file has no @generated mark',
    generated.filter((path) => !/@generated/.test(readText(path).slice(0, 2000))),
  )
})

test('ARCHITECTURE.md names each package, and is short', () => {
  const text = readText('ARCHITECTURE.md')
  none(
    'a package is not named',
    WORKSPACES.map(({ folder }) => folder).filter((folder) => !text.includes(folder)),
  )
  assert.ok(text.split('\n').length <= ARCHITECTURE_LINES_MAX)
})

test('each heading of RATIONALE.md is a question that starts with Why', () => {
  const headings = readText('RATIONALE.md').match(/^## .+$/gm) ?? []
  assert.ok(headings.length > 0)
  none(
    'a heading is no question',
    headings.filter((heading) => !/^## Why .+\?$/.test(heading)),
  )
})

test("no registry is named and no path of one machine: both come from the person's own settings", () => {
  const settings = [
    ['npm', 'config', 'get', 'registry'],
    ['go', 'env', 'GOPROXY', 'GOSUMDB'],
    ['pip', 'config', 'get', 'global.index-url'],
  ].map(([program, ...args]) => {
    try {
      return execFileSync(program!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    } catch {
      return ''
    }
  })
  const hosts = settings
    .join('\n')
    .split(/[\s,|]+/)
    .map((entry) =>
      entry
        .replace(/^[a-z+]+:\/\//, '')
        .replace(/^[^@/]*@/, '')
        .replace(/[/+:].*$/, ''),
    )
    .filter((entry) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(entry) && !entry.startsWith('127.'))
  const paths = [ROOT.replace(/\/$/, ''), homedir()].filter((path) => path.split('/').length > 2)
  const needles = [...hosts, ...paths]
  const text = FILES.filter((path) => !/\.(o|png|wasm|db)$/.test(path))
  none(
    'a file names a registry or a path of this machine',
    text.flatMap((path) => {
      const content = readText(path)
      return needles.filter((needle) => content.includes(needle)).map((needle) => `${path}: ${needle}`)
    }),
  )
})
