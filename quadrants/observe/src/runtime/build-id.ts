import { createHash } from 'node:crypto'
import { formatCoordinate } from '@quadrant/core'
import type { BuildIds, ByteSource } from '@quadrant/golang'
import type { Build, GoModule } from '@quadrant/proto'
import { toldText } from './told-text.ts'

/** Headers, notes and the first code. Together with the pages below 0.1 ms, which each start of a known program pays. */
const BEGINNING_BYTES = 16 << 10
/** Evenly over the rest, the file's end the last of them. */
const PAGES = 8
const PAGE_BYTES = 4096

/** A Go build id has 83 characters. */
const EVIDENCE_LENGTH_MAX = 256

/** What a file is told from others by. */
export interface BuildIdentity {
  /** Digest of what was read, in hexadecimal. */
  readonly id: string
  /** What was read, `go-build-id:… size:… sample:sha256:…`: the ids where it has them, and a sample of its content. */
  readonly evidence: string
}

/**
 * A file by its build ids, its size and a sample of its content. Build ids alone are what a program says of itself: some
 * builders give all theirs the same one, and whoever wants to can copy one.
 */
export function identifyBuild(source: ByteSource, ids: BuildIds): BuildIdentity {
  const sample = sha256(sampleOf(source))
  const size = source.byteLength
  const id = sha256(JSON.stringify([ids.go ?? '', ids.gnu ?? '', size, sample]))
  const told = ids.go ? `go-build-id:${ids.go}` : ids.gnu ? `gnu-build-id:${ids.gnu}` : ''
  const evidence = `${toldText(told, EVIDENCE_LENGTH_MAX)} size:${size} sample:sha256:${sample}`
  return { id, evidence: evidence.trimStart() }
}

/**
 * The coordinate of a build: `build:sha256:…`, the digest of its file's identity and of all that is told of the build, so
 * that whoever has the same coordinate has the same row too. What is not of the file, such as its path, is left out: the
 * same build in two containers, or copied, is one.
 */
export function buildCoordinate({ id }: BuildIdentity, build: Build): string {
  const told = [
    id,
    build.architecture,
    build.stripped,
    build.functions,
    build.runtime,
    build.runtimeVersion,
    build.mainPackage,
    build.mainModule ? moduleText(build.mainModule) : [],
    build.dependencies.map((module) => moduleText(module)),
    build.settings.map(({ key, value }) => [key, value]),
  ]
  return formatCoordinate({ kind: 'build', algorithm: 'sha256', digest: sha256(JSON.stringify(told)) })
}

function moduleText({ path, version, sum, replacement }: GoModule): readonly unknown[] {
  return [path, version, sum, replacement ? moduleText(replacement) : []]
}

/** All of a small file. */
function sampleOf(source: ByteSource): Uint8Array {
  const { byteLength } = source
  const sampled = BEGINNING_BYTES + PAGES * PAGE_BYTES
  if (byteLength <= sampled) return source.read(0, byteLength)
  const pieces = [source.read(0, BEGINNING_BYTES)]
  for (let page = 1; page <= PAGES; page++) {
    const offset = BEGINNING_BYTES + Math.floor(((byteLength - sampled) * page) / PAGES)
    pieces.push(source.read(offset + (page - 1) * PAGE_BYTES, PAGE_BYTES))
  }
  return Buffer.concat(pieces)
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
