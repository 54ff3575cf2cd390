// What the shop sells; half of it comes from the cache.
import { cacheClient } from '../cache-client.ts'
import { serveHttp } from '../http.ts'
import { joinShop } from '../member.ts'

const shop = joinShop()
const cached = cacheClient(shop.cache)
const ARTICLES = JSON.stringify(
  Array.from({ length: 120 }, (_, id) => ({ id, name: `article ${id}`, price: id * 7 })),
)

serveHttp(shop.catalog, async (path) => {
  await cached(`catalog${path}`)
  return ARTICLES
})
