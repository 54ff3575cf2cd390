import type { ComponentChildren } from 'preact'

interface FigureProps {
  readonly name: string
  /** Undefined: it is not known, and that is said. */
  readonly value: string | undefined
  readonly tone?: string
  readonly children?: ComponentChildren
}

/** One number with its name, and what it rests on below it. */
export function Figure({ name, value, tone, children }: FigureProps) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class={value === undefined ? 'unknown' : (tone ?? '')}>
        {value ?? 'not known'}
        {children !== undefined && <span class="note">{children}</span>}
      </dd>
    </div>
  )
}
