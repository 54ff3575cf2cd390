/** Of what programs say of themselves. */
const TEXT_LENGTH_MAX = 4096

/** What a program says, bounded and fit for a protobuf string: half of a surrogate pair cannot be encoded. */
export function toldText(text: string, lengthMax: number = TEXT_LENGTH_MAX): string {
  return text.slice(0, lengthMax).toWellFormed()
}
