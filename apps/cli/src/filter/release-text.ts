import { formatBytes } from '@quadrant/core'
import { FilterFailure, type FilterRelease } from '@quadrant/proto'
import type { Context } from '../context.ts'
import { printable } from '../output/printable.ts'

/** What a release says, a line each. */
export function releaseText(release: FilterRelease, context: Context): string {
  const { limits, capabilities } = release
  const lines: readonly (readonly [string, string])[] = [
    ['filter', `${release.name}, version ${release.version}`],
    [
      'module',
      `${digestText(release.moduleSha256)}, ${formatBytes(release.moduleBytes)}, proxy-wasm ${release.abi}`,
    ],
    ['root_id', release.rootId],
    ['vm_id', release.vmId],
    ['valid', `${moment(release.notBeforeNs)} until ${moment(release.expiresNs)}`],
    ['may use', capabilities.join(', ') || 'nothing'],
    [
      'limits',
      [
        limits?.fuelPerCall ? `${limits.fuelPerCall / 1e6} M fuel a call` : [],
        limits?.callMs ? `${limits.callMs} ms a call` : [],
        limits?.memoryBytes ? `${formatBytes(limits.memoryBytes)} memory` : [],
        limits?.calls ? `${limits.calls} calls under way` : [],
      ]
        .flat()
        .join(', ') || "the gateway's",
    ],
    [
      'on failure',
      release.onFailure === FilterFailure.OPEN ? 'exchanges go on without it' : 'exchanges are refused',
    ],
    ['configuration', release.configuration.length > 0 ? formatBytes(release.configuration.length) : ''],
    ['restores', release.restoresVersion > 0n ? `version ${release.restoresVersion}` : ''],
    ['note', release.note],
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${context.paint('dim', name.padEnd(width))}  ${printable(value)}\n`)
    .join('')
}

export function digestText(bytes: Uint8Array): string {
  return `sha256:${Buffer.from(bytes).toString('hex')}`
}

function moment(ns: number): string {
  return new Date(ns / 1e6).toISOString().replace(/\.\d+Z$/, 'Z')
}
