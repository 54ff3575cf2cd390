import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

/** Leaves protobuf's JSON codec out: see src/app/binary-only.ts. */
const binaryOnly: Plugin = {
  name: 'binary-only',
  enforce: 'pre',
  resolveId: (source, importer) =>
    /^\.{1,2}\/(?:from|to)-json\.js$/.test(source) && importer?.includes('@bufbuild/protobuf')
      ? join(import.meta.dirname, 'src/app/binary-only.ts')
      : undefined,
}

// The server sends `default-src 'self'`: nothing may be inlined into the page, neither a script nor an image.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [binaryOnly],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2024',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
})
