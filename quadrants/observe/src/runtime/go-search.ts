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

/** What has to be looked for in a Go program's code, which takes up to a tenth of a second. */
export interface GoSearch {
  readonly variables: RuntimeVariables
  /** Where collections are seen; undefined where they are not. */
  readonly places: GcPlaces | undefined
  /** Why they are not, in words. */
  readonly refusal: string
}

/** Searches a program that was found sound before. What it does not have is left out, with the reason. */
export function searchGo(source: ByteSource): GoSearch {
  try {
    const binary = openGoBinary(source)
    const layout = runtimeLayout(binary.buildInfo?.goVersion ?? '', binary.image.architecture)
    const { value: variables } = findRuntimeVariables(binary, layout)
    return { variables, ...placesOf({ pid: 0, key: '', path: '', binary, layout }) }
  } catch (error) {
    if (!(error instanceof GolangError)) throw error
    return { variables: {}, places: undefined, refusal: error.message }
  }
}

function placesOf(target: Parameters<typeof gcPlaces>[0]): Pick<GoSearch, 'places' | 'refusal'> {
  try {
    const { places, code } = gcPlaces(target)
    // Copies: what is read may be a small piece of something large, all of which would go from thread to thread.
    return {
      places: { places, code: code.map(({ offset, bytes }) => ({ offset, bytes: bytes.slice() })) },
      refusal: '',
    }
  } catch (error) {
    if (!(error instanceof EbpfError) && !(error instanceof GolangError)) throw error
    return { places: undefined, refusal: error.message.replace(/^: /, '') }
  }
}
