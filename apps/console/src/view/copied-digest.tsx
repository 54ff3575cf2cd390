import { copyText } from '../app/notice.ts'
import { shortDigest } from '../model/filter-words.ts'

/** A digest, short; pressed, all of it is copied. */
export function CopiedDigest({ digest }: { readonly digest: string }) {
  if (digest === '') return <>–</>
  const whole = digest.startsWith('sha256:') ? digest : `sha256:${digest}`
  return (
    <button
      class="mono digest"
      title={`Copy ${whole}`}
      onClick={(event) => {
        event.stopPropagation()
        void copyText(whole)
      }}
    >
      {shortDigest(whole)}
    </button>
  )
}
