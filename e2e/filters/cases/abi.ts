// The versions of the ABI, by programs without an SDK: what callbacks are called with, and calls that one version has.
import type { AbiGuestName, FilterCase } from '../filter-case.ts'
import { httpCase, type HttpCaseOptions } from './http-case.ts'

const BODIES: HttpCaseOptions = { request: { body: ['one', 'two'] }, response: { body: ['un', 'deux'] } }
const TRAILERS: HttpCaseOptions = {
  version: 2,
  request: { body: ['body'], trailers: [['x-t', 'v']] },
  response: { body: ['body'], trailers: [['x-rt', 'w']] },
}

/** @param answers what callbacks for headers and for bodies return */
function abiCase(guest: AbiGuestName, name: string, options: HttpCaseOptions, answers = '00'): FilterCase {
  const vmId = `${guest}-${name}`
  return httpCase(`abi/${name}`, answers, { ...options, filter: { vmId }, guests: [guest] })
}

export const ABI_CASES: readonly FilterCase[] = [
  abiCase('abi-0.1.0', 'version-0-1-0', BODIES),
  abiCase('abi-0.1.0', 'version-0-1-0-trailers', TRAILERS),
  abiCase('abi-0.2.0', 'version-0-2-0', BODIES),
  abiCase('abi-0.2.0', 'version-0-2-0-trailers', TRAILERS),
  abiCase('abi-0.2.0-short', 'version-0-2-0-as-assembly-script', {
    ...BODIES,
    endsEnvoy: 'it does not load a module of this version whose callbacks have other arguments',
  }),
  abiCase('abi-0.2.1', 'version-0-2-1', BODIES),
  abiCase('abi-0.2.1', 'version-0-2-1-trailers', TRAILERS),
  ...[1, 2, 3, 4, 5].map((code) => abiCase('abi-0.2.1', `headers-return-${code}`, BODIES, `${code}0`)),
  ...[1, 2, 3, 4].map((code) => abiCase('abi-0.2.1', `body-returns-${code}`, BODIES, `0${code}`)),
]
