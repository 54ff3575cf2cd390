import { layeredLayout } from '../model/layered-layout.ts'
import type { Outline } from '../model/placement.ts'

// Laying out some hundred nodes takes longer than a frame, so it is done beside the page.
addEventListener('message', ({ data }: MessageEvent<{ request: number; outline: Outline }>) => {
  postMessage({ request: data.request, points: [...layeredLayout(data.outline)] })
})
