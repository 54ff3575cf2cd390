interface EndCellProps {
  readonly end: { readonly name: string; readonly pid: number }
}

/** One end of what passed: who it was. */
export function EndCell({ end }: EndCellProps) {
  return (
    <>
      {end.name || '–'}
      {end.pid > 0 && <span class="muted"> {end.pid}</span>}
    </>
  )
}
