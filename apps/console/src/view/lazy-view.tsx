import type { FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'

interface LazyViewOptions {
  /** Said while it loads. */
  readonly waiting: string
}

/** A view whose script comes when it is first drawn: the page itself does not wait for it. */
export function lazyView<P extends object>(
  load: () => Promise<FunctionComponent<P>>,
  { waiting }: LazyViewOptions,
): FunctionComponent<P> {
  let loaded: FunctionComponent<P> | undefined
  return function LazyView(props: P) {
    const [View, setView] = useState<FunctionComponent<P> | undefined>(() => loaded)
    const [failed, setFailed] = useState(false)
    useEffect(() => {
      let wanted = true
      if (!loaded)
        load().then(
          (view) => {
            loaded = view
            if (wanted) setView(() => view)
          },
          () => wanted && setFailed(true),
        )
      return () => {
        wanted = false
      }
    }, [])
    if (View) return <View {...props} />
    return (
      <p class="muted lazy" role="status">
        {failed ? 'This part of the page could not be loaded. Load the page again.' : waiting}
      </p>
    )
  }
}
