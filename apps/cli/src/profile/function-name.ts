/** A Go function without its package's path: `number.(*Formatter).Format` of `golang.org/x/text/number.(*Formatter).Format`. */
export function shortName(name: string): string {
  // Type arguments have paths of their own.
  const bracket = name.indexOf('[')
  const end = bracket > 0 ? bracket : name.length
  return name.slice(name.slice(0, end).lastIndexOf('/') + 1)
}
