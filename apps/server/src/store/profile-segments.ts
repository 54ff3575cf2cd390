import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ProfileWindowSchema, SampleKind, type ProfileWindow } from '@quadrant/proto'
import type { ProfileCount, ProfileHead, StoredProfile } from './runtime-store.ts'
import { packIds, unpackIds } from './segment.ts'
import type { Statements } from './statements.ts'
import type { NsRange } from './store.ts'

/** Segments removed in one pass at most: a pass stays short, the next one goes on. */
const SEGMENTS_PER_PASS = 256
/** No window that came in a frame is larger when it is unpacked: names of frames are not made longer. */
const WINDOW_BYTES_MAX = 64 << 20
const U32_MAX = 0xffff_ffff

export const PROFILE_TABLES = `
CREATE TABLE profile_segments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  host TEXT NOT NULL,
  start_ns REAL NOT NULL,
  end_ns REAL NOT NULL,
  frequency_hz INTEGER NOT NULL,
  samples REAL NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX profile_segments_time ON profile_segments (end_ns);
CREATE TABLE profile_counts ( -- apart from its head, and from its stacks: for the heat map
  id INTEGER PRIMARY KEY,
  counts BLOB NOT NULL -- u32 process, offset in microseconds, samples, samples of the collector; each
) STRICT;
CREATE TABLE profile_windows (
  id INTEGER PRIMARY KEY,
  processes BLOB NOT NULL, -- u32 ids, little-endian
  body BLOB NOT NULL -- quadrant.v1.ProfileWindow, zstd
) STRICT;`

/**
 * The profiles of the SQLite store, one segment a window. How many bytes there are is held in memory: after a rolled
 * back transaction `load` must be called.
 */
export class ProfileSegments {
  readonly #statements: Statements
  #bytes = 0

  constructor(statements: Statements) {
    this.#statements = statements
    this.load()
  }

  /** Counts what is there. */
  load(): void {
    const row = this.#statements.prepare('SELECT SUM(bytes) AS bytes FROM profile_segments').get()!
    this.#bytes = Number(row['bytes'] ?? 0)
  }

  /** Bytes of the windows kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param processes ids by the index that the samples have */
  write(host: string, window: ProfileWindow, processes: readonly number[]): void {
    const body = zstdCompressSync(toBinary(ProfileWindowSchema, window))
    const counts = packIds(countsOf(window, processes))
    const ids = packIds(processes)
    const samples = window.sampleCount.reduce((sum, count) => sum + count, 0)
    const bytes = body.length + counts.length + ids.length
    const { startNs, endNs, frequencyHz } = window
    const { id } = this.#statements
      .prepare(
        `INSERT INTO profile_segments (host, start_ns, end_ns, frequency_hz, samples, bytes)
         VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
      )
      .get(host, startNs, endNs, frequencyHz, samples, bytes)! as { id: number }
    this.#statements.prepare('INSERT INTO profile_counts VALUES (?, ?)').run(id, counts)
    this.#statements.prepare('INSERT INTO profile_windows VALUES (?, ?, ?)').run(id, ids, body)
    this.#bytes += bytes
  }

  /** Heads of windows that overlap the range, newest first, `limit` at most, of ids up to `idMax`. */
  heads(range: NsRange, page: { idMax: number; limit: number }): readonly ProfileHead[] {
    return this.#statements
      .prepare(
        `SELECT id, start_ns, end_ns, frequency_hz FROM profile_segments
         WHERE id <= ? AND end_ns > ? AND start_ns < ? ORDER BY id DESC LIMIT ?`,
      )
      .all(page.idMax, range.startNs, range.endNs, page.limit)
      .map((row) => ({
        id: row['id'] as number,
        startNs: row['start_ns'] as number,
        endNs: row['end_ns'] as number,
        frequencyHz: row['frequency_hz'] as number,
      }))
  }

  counts(id: number): readonly ProfileCount[] {
    const row = this.#statements.prepare('SELECT counts FROM profile_counts WHERE id = ?').get(id)
    if (!row) return []
    const numbers = unpackIds(row['counts'] as Uint8Array)
    return Array.from({ length: numbers.length / 4 }, (_, i) => ({
      process: numbers[i * 4]!,
      offsetUs: numbers[i * 4 + 1]!,
      samples: numbers[i * 4 + 2]!,
      gcSamples: numbers[i * 4 + 3]!,
    }))
  }

  get(id: number): StoredProfile | undefined {
    const row = this.#statements.prepare('SELECT processes, body FROM profile_windows WHERE id = ?').get(id)
    if (!row) return undefined
    const body = zstdDecompressSync(row['body'] as Uint8Array, { maxOutputLength: WINDOW_BYTES_MAX })
    return {
      window: fromBinary(ProfileWindowSchema, body),
      processes: unpackIds(row['processes'] as Uint8Array),
    }
  }

  /** Removes the oldest until `bytes` are left, as far as one pass goes. Returns how many samples went. */
  shrinkTo(bytes: number): number {
    if (this.#bytes <= bytes) return 0
    return this.#remove(() => this.#bytes <= bytes)
  }

  /** Removes those that ended before `cutNs`, as far as one pass goes. Returns how many samples went. */
  removeBefore(cutNs: number): number {
    return this.#remove(({ end_ns }) => (end_ns as number) >= cutNs)
  }

  #remove(isEnough: (head: Record<string, unknown>) => boolean): number {
    let samples = 0
    const heads = this.#statements
      .prepare('SELECT id, end_ns, samples, bytes FROM profile_segments ORDER BY id LIMIT ?')
      .all(SEGMENTS_PER_PASS)
    for (const head of heads) {
      if (isEnough(head)) break
      for (const table of ['profile_segments', 'profile_counts', 'profile_windows'])
        this.#statements.prepare(`DELETE FROM ${table} WHERE id = ?`).run(head['id'] as number)
      this.#bytes -= head['bytes'] as number
      samples += head['samples'] as number
    }
    return samples
  }
}

/** Adds up the samples of each process and moment. */
function countsOf(window: ProfileWindow, processes: readonly number[]): number[] {
  const counts = new Map<string, [process: number, offsetUs: number, samples: number, gcSamples: number]>()
  for (let i = 0; i < window.sampleCount.length; i++) {
    const process = processes[window.sampleProcess[i]!]!
    const offsetUs = window.sampleOffsetUs[i]!
    const key = `${process} ${offsetUs}`
    let count = counts.get(key)
    if (!count) counts.set(key, (count = [process, offsetUs, 0, 0]))
    count[2] = Math.min(count[2] + window.sampleCount[i]!, U32_MAX)
    if (window.sampleKind[i] === SampleKind.GC)
      count[3] = Math.min(count[3] + window.sampleCount[i]!, U32_MAX)
  }
  return [...counts.values()].flat()
}
