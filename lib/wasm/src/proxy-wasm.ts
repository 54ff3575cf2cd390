export { HeaderMap } from './proxy-wasm/header-map.ts'
