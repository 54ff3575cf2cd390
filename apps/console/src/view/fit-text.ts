/** Texts are measured as they are drawn: fonts differ from one system to the next. */
const context = document.createElement('canvas').getContext('2d')
const fitted = new Map<string, string>()
/** As many texts as a large map has several times over. */
const FITTED_MAX = 5000

/**
 * The text, or as much of it as has room: SVG cuts no text by itself. Of a name the middle goes, for names of one
 * family differ at their ends; of other texts the end.
 *
 * @param font as CSS writes it, with `sans` or `mono` for the page's own families: `600 13px sans`
 */
export function fitText(
  text: string,
  font: string,
  widthMax: number,
  cut: 'middle' | 'end' = 'middle',
): string {
  const key = `${font}\n${widthMax}\n${text}`
  const known = fitted.get(key)
  if (known !== undefined || !context) return known ?? text
  if (fitted.size >= FITTED_MAX) fitted.clear()
  const style = getComputedStyle(document.documentElement)
  context.font = font.replace(/sans|mono/, (family) => style.getPropertyValue(`--${family}`))
  const fits = (candidate: string) => context.measureText(candidate).width <= widthMax
  // A process id says nothing without its first digits.
  const lastWord = /\s\d+$/.exec(text)?.[0].length ?? 0
  let result = text
  for (let kept = text.length - 1; !fits(result) && kept > 2; kept--) {
    const tail = cut === 'end' ? 0 : Math.max(Math.floor(kept * 0.4), Math.min(lastWord, kept - 1))
    const head = kept - tail
    result = `${text.slice(0, head).trimEnd()}…${text.slice(text.length - tail)}`
  }
  fitted.set(key, result)
  return result
}
