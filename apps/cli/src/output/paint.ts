export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'inverse'

/** Puts text in a colour, or leaves it where colours are off. */
export type Paint = (colour: Colour, text: string) => string

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  inverse: [7, 27],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
}

export function paint(enabled: boolean): Paint {
  if (!enabled) return (_colour, text) => text
  return (colour, text) => (text === '' ? '' : `\x1b[${CODES[colour][0]}m${text}\x1b[${CODES[colour][1]}m`)
}
