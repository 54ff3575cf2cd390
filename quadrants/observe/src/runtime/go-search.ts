import { EbpfError } from '@quadrant/ebpf/machine-code'
import {
  findRuntimeVariables,
  GolangError,
  openGoBinary,
  runtimeLayout,
  type ByteSource,
  type RuntimeVariables,
} from '@quadrant/golang'
import { gcPlaces, type GcPlaces } from './gc/gc-places.ts'
import type { GoTarget } from './go-target.ts'
import type { ProbedCode } from './probed-code.ts'
import { tlsPlaces, type TlsPlaces } from './tls/tls-places.ts'

/** What has to be looked for in a Go program's code, which takes up to a tenth of a second. */
export interface GoSearch {
  readonly variables: RuntimeVariables
  /** Where collections are seen; undefined where they are not. */
  readonly places: GcPlaces | undefined
  /** Why they are not, in words. */
  readonly refusal: string
  /** Where its TLS is read; undefined where it has none, or it is not read. */
  readonly tls: TlsPlaces | undefined
  /** Why it is not read, in words; empty where it has none. */
  readonly tlsRefusal: string
}

/** Searches a program that was found sound before. What it does not have is left out, with the reason. */
export function searchGo(source: ByteSource): GoSearch {
  try {
    const binary = openGoBinary(source)
    const layout = runtimeLayout(binary.buildInfo?.goVersion ?? '', binary.image.architecture)
    const { value: variables } = findRuntimeVariables(binary, layout)
    const target = { pid: 0, key: '', path: '', binary, layout }
    const [gc, tls] = [placesIn(gcPlaces, target), placesIn(tlsPlaces, target)]
    return { variables, ...gc, tls: tls.places, tlsRefusal: tls.refusal }
  } catch (error) {
    if (!(error instanceof GolangError)) throw error
    const { message } = error
    return { variables: {}, places: undefined, refusal: message, tls: undefined, tlsRefusal: message }
  }
}

interface Found<Places> {
  readonly places: Places | undefined
  readonly refusal: string
}

function placesIn<Places extends { readonly code: readonly ProbedCode[] }>(
  find: (target: GoTarget) => Places | undefined,
  target: GoTarget,
): Found<Places> {
  try {
    const places = find(target)
    if (places === undefined) return { places, refusal: '' }
    // Copies: what is read may be a small piece of something large, all of which would go from thread to thread.
    const code = places.code.map(({ offset, bytes }) => ({ offset, bytes: bytes.slice() }))
    return { places: { ...places, code }, refusal: '' }
  } catch (error) {
    if (!(error instanceof EbpfError) && !(error instanceof GolangError)) throw error
    return { places: undefined, refusal: error.message.replace(/^: /, '') }
  }
}
