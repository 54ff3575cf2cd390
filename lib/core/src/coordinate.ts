import type { Analysis } from './diagnostic.ts'

/**
 * The one vocabulary of names, the same in addresses, on the command line and in the API:
 *
 *     svc:checkout   proc:web-1/4711@1732390000123   host:web-1   addr:10.0.0.7   addr:2001:db8::1   other:edge-limit
 *     build:sha256:9f86…   mod:golang.org/x/net@v0.31.0   mod:../local   go:1.26.8
 *     wasm:sha256:9f86…   filter:auth@7   gateway:edge-1   key:sha256:9f86…
 */
export type Coordinate =
  | { readonly kind: 'svc'; readonly name: string }
  | { readonly kind: 'proc'; readonly host: string; readonly key: string }
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'addr'; readonly address: string }
  | { readonly kind: 'other'; readonly reason: string }
  /** An executable, by a digest of what identifies it. */
  | { readonly kind: 'build'; readonly algorithm: 'sha256'; readonly digest: string }
  /** A Go module; a folder that stands in for one has no version. */
  | { readonly kind: 'mod'; readonly path: string; readonly version: string }
  /** A Go toolchain, without the `go` in front of its version. */
  | { readonly kind: 'go'; readonly version: string }
  /** A module of WebAssembly, and a public key, by their digests. */
  | { readonly kind: 'wasm' | 'key'; readonly algorithm: 'sha256'; readonly digest: string }
  /** A release of a filter. */
  | { readonly kind: 'filter'; readonly name: string; readonly version: string }
  | { readonly kind: 'gateway'; readonly name: string }

/** Longer names are cut nowhere: they are refused. */
const COORDINATE_LENGTH_MAX = 512

const NAMED = { build: 'a build', wasm: 'a module of WebAssembly', key: 'a public key' } as const

export function formatCoordinate(coordinate: Coordinate): string {
  switch (coordinate.kind) {
    case 'svc':
      return `svc:${coordinate.name}`
    case 'proc':
      return `proc:${coordinate.host}/${coordinate.key}`
    case 'host':
      return `host:${coordinate.name}`
    case 'addr':
      return `addr:${coordinate.address}`
    case 'other':
      return `other:${coordinate.reason}`
    case 'build':
    case 'wasm':
    case 'key':
      return `${coordinate.kind}:${coordinate.algorithm}:${coordinate.digest}`
    case 'filter':
      return `filter:${coordinate.name}@${coordinate.version}`
    case 'gateway':
      return `gateway:${coordinate.name}`
    case 'mod':
      return `mod:${coordinate.path}${coordinate.version === '' ? '' : `@${coordinate.version}`}`
    case 'go':
      return `go:${coordinate.version}`
  }
}

export function parseCoordinate(text: string): Analysis<Coordinate | undefined> {
  if (text.length > COORDINATE_LENGTH_MAX)
    return wrong(text, `a coordinate has at most ${COORDINATE_LENGTH_MAX} characters`)
  const colon = text.indexOf(':')
  const kind = text.slice(0, Math.max(colon, 0))
  const rest = text.slice(colon + 1)
  if (colon === -1 || rest === '') return wrong(text, 'a coordinate is `kind:name`')
  switch (kind) {
    case 'svc':
    case 'host':
    case 'gateway':
      return { value: { kind, name: rest }, diagnostics: [] }
    case 'addr':
      return { value: { kind, address: rest }, diagnostics: [] }
    case 'other':
      return { value: { kind, reason: rest }, diagnostics: [] }
    case 'proc': {
      const match = /^(?<host>.+)\/(?<key>\d+@\d+)$/.exec(rest)
      if (!match?.groups) return wrong(text, 'a process is `proc:host/pid@start`')
      return { value: { kind, host: match.groups['host']!, key: match.groups['key']! }, diagnostics: [] }
    }
    case 'build':
    case 'wasm':
    case 'key': {
      const digest = /^sha256:([0-9a-f]{64})$/.exec(rest)?.[1]
      if (digest === undefined)
        return wrong(text, `${NAMED[kind]} is \`${kind}:sha256:\` and 64 hexadecimal digits`)
      return { value: { kind, algorithm: 'sha256', digest }, diagnostics: [] }
    }
    case 'filter': {
      const match = /^(?<name>.+)@(?<version>[1-9]\d*)$/.exec(rest)
      if (!match?.groups) return wrong(text, 'a release of a filter is `filter:name@version`')
      return {
        value: { kind, name: match.groups['name']!, version: match.groups['version']! },
        diagnostics: [],
      }
    }
    case 'mod': {
      // The last one: no version has an @, and a folder's name may.
      const at = rest.lastIndexOf('@')
      if (at === 0 || at === rest.length - 1) return wrong(text, 'a module is `mod:path@version`')
      const [path, version] = at === -1 ? [rest, ''] : [rest.slice(0, at), rest.slice(at + 1)]
      return { value: { kind, path, version }, diagnostics: [] }
    }
    case 'go':
      return { value: { kind, version: rest }, diagnostics: [] }
    default:
      return wrong(text, `unknown kind \`${kind}\``)
  }
}

function wrong(text: string, message: string): Analysis<undefined> {
  return {
    value: undefined,
    diagnostics: [
      {
        code: 'COORD001',
        severity: 'error',
        message,
        range: { start: 0, end: text.length },
        fix: 'use one of svc:, proc:, host:, addr:, other:, build:, mod:, go:, wasm:, filter:, gateway:, key:',
      },
    ],
  }
}
