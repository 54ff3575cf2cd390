// Asks real Envoy what it does in each case, and writes it down: `node e2e/filters/record.ts`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CASES } from './case-list.ts'
import { runInEnvoy } from './case-run.ts'
import { compileGuests, keepGuests } from './guest-modules.ts'
import { writeRecording } from './recording.ts'

const folder = mkdtempSync(join(tmpdir(), 'quadrant-filter-cases-'))
try {
  const guests = compileGuests(folder)
  writeRecording(await runInEnvoy(CASES, guests))
  keepGuests(guests)
} finally {
  rmSync(folder, { recursive: true })
}
